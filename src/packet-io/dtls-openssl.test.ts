import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { DtlsOverUdp, OpensslPeer, TestCertificate } from '../../test/native/openssl-peer.ts';
import { makeRtp, TestEndpoint } from '../../test/native/test-endpoint.ts';
import { PacketKind } from './layout.ts';
import { loadAddon } from './load-addon.ts';
import type { SrtpProfile } from './packet-io.ts';

const { SrtpContext } = loadAddon();

const profiles: readonly {
  name: SrtpProfile;
  opensslName: string;
  keyBytes: number;
  saltBytes: number;
}[] = [
  { name: 'AEAD_AES_128_GCM', opensslName: 'SRTP_AEAD_AES_128_GCM', keyBytes: 16, saltBytes: 12 },
  { name: 'AEAD_AES_256_GCM', opensslName: 'SRTP_AEAD_AES_256_GCM', keyBytes: 32, saltBytes: 12 },
  { name: 'AES_CM_128_HMAC_SHA1_80', opensslName: 'SRTP_AES128_CM_SHA1_80', keyBytes: 16, saltBytes: 14 },
];

const exportOptions = (bytes: number) => [
  '-keymatexport',
  'EXTRACTOR-dtls_srtp',
  '-keymatexportlen',
  String(bytes),
];

let ecdsa: TestCertificate;
let rsa: TestCertificate;

before(() => {
  ecdsa = new TestCertificate('ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
  rsa = new TestCertificate('rsa:2048');
});

after(() => {
  ecdsa.remove();
  rsa.remove();
});

const client = (peer: DtlsOverUdp, ...options: string[]) =>
  new OpensslPeer('s_client', '-dtls1_2', '-connect', `127.0.0.1:${peer.address.port}`, ...options);

/** Starts s_server on a free port and waits for it to listen. */
async function startServer(...options: string[]): Promise<{ server: OpensslPeer; port: number }> {
  const probe = new TestEndpoint();
  const { port } = probe.open().address;
  probe.close();
  const server = new OpensslPeer('s_server', '-dtls1_2', '-4', '-accept', `127.0.0.1:${port}`, ...options);
  await server.until(/ACCEPT/);
  return { server, port };
}

/** The keys that openssl printed, by the side that protects with them. */
async function readKeys(peer: OpensslPeer, { keyBytes, saltBytes }: (typeof profiles)[number]) {
  const [, hex] = await peer.until(/Keying material: ([0-9A-F]+)\s/);
  const material = Buffer.from(hex, 'hex');
  assert.equal(material.length, 2 * (keyBytes + saltBytes));
  const salts = material.subarray(2 * keyBytes);
  return {
    client: { key: material.subarray(0, keyBytes), salt: salts.subarray(0, saltBytes) },
    server: { key: material.subarray(keyBytes, 2 * keyBytes), salt: salts.subarray(saltBytes) },
  };
}

/** Sends media both ways with the keys openssl has, over the peer's installed ones. */
async function checkMedia(
  peer: DtlsOverUdp,
  profile: SrtpProfile,
  ours: { key: Buffer; salt: Buffer },
  theirs: { key: Buffer; salt: Buffer },
): Promise<void> {
  const { endpoint } = peer;
  const other = createSocket('udp4');
  other.bind(0, '127.0.0.1');
  await once(other, 'listening');
  const address = { family: 4, address: '127.0.0.1', port: other.address().port } as const;
  const transport = endpoint.connect(peer.socket, address);
  endpoint.io.installSrtp(transport, peer.session);
  const packet = makeRtp(77, 200);

  const before = endpoint.received.length;
  const secured = new SrtpContext(profile, theirs.key, theirs.salt, true).protectRtp(packet);
  assert.ok(Buffer.isBuffer(secured));
  other.send(secured, peer.address.port, '127.0.0.1');
  await endpoint.untilReceived(before + 1);
  assert.deepEqual(endpoint.received[before].bytes, packet);

  endpoint.queue(PacketKind.Rtp, transport, packet);
  endpoint.flush();
  const [sent] = await once(other, 'message');
  assert.deepEqual(new SrtpContext(profile, ours.key, ours.salt, true).unprotectRtp(sent), packet);
  other.close();
}

describe('DTLS server against openssl s_client', () => {
  for (const profile of profiles) {
    it(`connects with ${profile.name}, keys and fingerprints agree`, async () => {
      const peer = new DtlsOverUdp('server');
      const bytes = 2 * (profile.keyBytes + profile.saltBytes);
      const openssl = client(
        peer,
        ...ecdsa.options,
        '-use_srtp',
        profile.opensslName,
        ...exportOptions(bytes),
      );
      await peer.untilState('connected');
      assert.equal(peer.session.srtpProfile, profile.name);
      assert.equal(peer.session.failure, '');
      for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
        const name = hash.replace('sha', 'sha-') as 'sha-256' | 'sha-384' | 'sha-512';
        assert.equal(peer.session.peerFingerprint(name), ecdsa.fingerprint(hash));
      }
      const keys = await readKeys(openssl, profile);
      await checkMedia(peer, profile.name, keys.server, keys.client);
      openssl.write('Q\n');
      await peer.untilState('closed');
      await openssl.close();
      peer.close();
    });
  }

  it('prefers GCM-128 whatever the order of the client', async () => {
    const peer = new DtlsOverUdp('server');
    const all = profiles.map(({ opensslName }) => opensslName).reverse();
    const openssl = client(peer, ...ecdsa.options, '-use_srtp', all.join(':'));
    await peer.untilState('connected');
    assert.equal(peer.session.srtpProfile, 'AEAD_AES_128_GCM');
    await openssl.close();
    peer.close();
  });

  it('takes RSA certificates and each cipher it offers', async () => {
    for (const cipher of [
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
    ]) {
      const peer = new DtlsOverUdp('server');
      const openssl = client(
        peer,
        ...rsa.options,
        '-cipher',
        cipher,
        '-groups',
        'P-256',
        '-use_srtp',
        'SRTP_AEAD_AES_128_GCM',
      );
      await peer.untilState('connected');
      assert.equal(peer.session.peerFingerprint('sha-256'), rsa.fingerprint('sha256'));
      // A forged record that cannot even hold a tag: nobody may end the association with it.
      for (let length = 0; length < 40; length++) {
        const record = Buffer.alloc(13 + length, 1);
        record.set([23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 99, 0, length]);
        peer.session.receive(record);
      }
      assert.equal(peer.session.state, 'connected');
      openssl.write('Q\n');
      await peer.untilState('closed');
      await openssl.close();
      peer.close();
    }
  });

  it('says so where the client has no certificate or no use_srtp', async () => {
    const peer = new DtlsOverUdp('server');
    const openssl = client(peer);
    await peer.untilState('connected');
    assert.equal(peer.session.peerFingerprint('sha-256'), null);
    assert.equal(peer.session.srtpProfile, null);
    const transport = peer.endpoint.io.createTransport();
    assert.throws(() => peer.endpoint.io.installSrtp(transport, peer.session), { code: 'ERR_NO_SRTP_KEYS' });
    await openssl.close();
    peer.close();
  });

  it('fails with a reason where no cipher is shared', async () => {
    const peer = new DtlsOverUdp('server');
    const openssl = client(peer, '-cipher', 'AES128-SHA256');
    await peer.untilState('failed');
    assert.match(peer.session.failure, /no shared cipher/);
    await openssl.close();
    peer.close();
  });
});

describe('DTLS client against openssl s_server', () => {
  for (const profile of profiles) {
    it(`connects with ${profile.name}, keys and fingerprints agree`, async () => {
      const bytes = 2 * (profile.keyBytes + profile.saltBytes);
      const { server, port } = await startServer(
        ...rsa.options,
        '-verify',
        '1',
        '-use_srtp',
        profile.opensslName,
        ...exportOptions(bytes),
      );
      const peer = new DtlsOverUdp('client');
      peer.connect({ family: 4, address: '127.0.0.1', port });
      await peer.untilState('connected');
      assert.equal(peer.session.srtpProfile, profile.name);
      assert.equal(peer.session.peerFingerprint('sha-256'), rsa.fingerprint('sha256'));
      const keys = await readKeys(server, profile);
      await checkMedia(peer, profile.name, keys.client, keys.server);
      peer.session.close();
      peer.drain();
      await server.until(/DONE|shutting down|CONNECTION CLOSED|ACCEPT[\s\S]*ACCEPT/);
      await server.close();
      peer.close();
    });
  }

  it('survives a flight in small fragments', async () => {
    const { server, port } = await startServer(
      ...rsa.options,
      '-mtu',
      '256',
      '-use_srtp',
      'SRTP_AEAD_AES_128_GCM',
    );
    const peer = new DtlsOverUdp('client');
    peer.connect({ family: 4, address: '127.0.0.1', port });
    await peer.untilState('connected');
    assert.ok(peer.endpoint.received.length > 4);
    await server.close();
    peer.close();
  });
});
