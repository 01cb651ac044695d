/*
 * A stand-in for the client script that Pion_SFU shipped, written from the description of its behaviour. Classic
 * script, one global object. It keeps the original's habits, the bad ones above all, because they are what
 * the server has to live with:
 *
 * - `data` from the server is text and goes through JSON.parse;
 * - the ids of an answer are copied from the offer, and vanish where the server did not put them there;
 * - messages are only listened to from setup() on, and no description is awaited before the next message;
 * - there is no rollback: a server offer that crosses one of its own is just set;
 * - init() sends before the socket is open and offers without arguments, so pages take its steps themselves:
 *   room_id and self_id, connect(), wait for open, joinRoom(), pc and its tracks, setup(), sendOffer().
 *
 * Only `url` may be changed by a page; the original has its address written into connect().
 */
globalThis.PionClient = {
  url: 'ws://localhost:8080',
  room_id: undefined,
  self_id: undefined,
  socket: undefined,
  pc: undefined,

  makeId() {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    let id = '';
    while (id.length < 10) id += alphabet.charAt(Math.floor(Math.random() * alphabet.length));
    return id;
  },

  connect() {
    this.socket = new WebSocket(this.url);
  },

  joinRoom() {
    this.send('joinRoom', { room_id: this.room_id, self_id: this.self_id });
  },

  leaveRoom() {
    this.send('leaveRoom', { room_id: this.room_id, self_id: this.self_id });
  },

  setup() {
    const { pc, socket } = this;
    pc.onicecandidate = (event) => {
      if (event.candidate === null) return;
      this.send('ice-candidate', {
        room_id: this.room_id,
        self_id: this.self_id,
        candidate: event.candidate,
      });
    };
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      const data = JSON.parse(message.data);
      switch (message.event) {
        case 'answer':
          pc.setRemoteDescription(data);
          break;
        case 'offer':
          this.reactOnOffer(data);
          break;
        case 'candidate':
          pc.addIceCandidate(new RTCIceCandidate(data));
          break;
      }
    };
  },

  async reactOnOffer(offer) {
    const { pc } = this;
    pc.setRemoteDescription(new RTCSessionDescription(offer));
    const answer = await pc.createAnswer();
    pc.setLocalDescription(answer);
    this.send('answer', { self_id: offer.self_id, room_id: offer.room_id, answer });
  },

  async sendOffer(socket, pc, self_id, room_id) {
    const offer = await pc.createOffer();
    pc.setLocalDescription(offer);
    socket.send(JSON.stringify({ event: 'offer', data: { self_id, room_id, offer } }));
  },

  send(event, data) {
    this.socket.send(JSON.stringify({ event, data }));
  },

  /* Cannot work anywhere; here because the original has it. */
  async init() {
    this.connect();
    this.joinRoom();
    this.pc = new RTCPeerConnection();
    this.setup();
    this.sendOffer();
  },
};
