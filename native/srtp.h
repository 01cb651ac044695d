// SRTP and SRTCP of one transport: packet indices, replay protection, and the packet layouts.
#pragma once

#include <memory>

#include "replay_window.h"
#include "srtp_cipher.h"
#include "ssrc_table.h"

namespace manifold {

enum class SrtpResult { Ok, Malformed, Authentication, Replay, SsrcLimit, Failed };

/** Authenticated SSRCs remembered per transport; beyond it packets of new ones are dropped and counted. */
constexpr uint32_t kMaxInboundSsrcs = 1024;

/**
 * SSRCs sent per transport. More than inbound, because each subscription of a long session takes new ones and
 * none may be forgotten while the keys live; an entry is only 24 bytes.
 */
constexpr uint32_t kMaxOutboundSsrcs = 16384;

class SrtpInbound {
 public:
  bool init(SrtpProfile profile, const SrtpMasterKeys& master);
  /** The same session keys for both kinds; for tests with published vectors. */
  bool init(SrtpProfile profile, const SrtpSessionKeys& keys);

  /**
   * Decrypts from `in` to `out` (`size` bytes of room are enough; the two must not overlap) and sets `*written`.
   * After a failure `out` holds rubbish and no state has changed.
   */
  SrtpResult unprotectRtp(const uint8_t* in, size_t size, uint8_t* out, size_t* written);
  SrtpResult unprotectRtcp(const uint8_t* in, size_t size, uint8_t* out, size_t* written);

  /** Continues an SSRC at a known place; for tests with published vectors. */
  void setRolloverCounter(uint32_t ssrc, uint32_t rolloverCounter, uint16_t sequenceNumber);

 private:
  // 1024 packets are about a second of 10 Mbit/s video: a plain retransmission is not taken for a replay.
  using RtpState = ReplayWindow<1024>;
  using RtcpState = ReplayWindow<128>;

  SrtpCipher rtp_;
  SrtpCipher rtcp_;
  SsrcTable<RtpState> rtpStates_{kMaxInboundSsrcs};
  SsrcTable<RtcpState> rtcpStates_{kMaxInboundSsrcs};
};

class SrtpOutbound {
 public:
  bool init(SrtpProfile profile, const SrtpMasterKeys& master);
  bool init(SrtpProfile profile, const SrtpSessionKeys& keys);

  /**
   * Protects in place; `packet` needs kMaxSrtpTrailerBytes of room behind `size`. A sequence number older than
   * the newest gets the rollover counter it had, so a packet can be sent again: under GCM only unchanged, header
   * included, because its nonce is the same.
   */
  SrtpResult protectRtp(uint8_t* packet, size_t size, size_t* written);
  SrtpResult protectRtcp(uint8_t* packet, size_t size, size_t* written);

  void setRolloverCounter(uint32_t ssrc, uint32_t rolloverCounter, uint16_t sequenceNumber);
  void setRtcpIndex(uint32_t index) { nextRtcpIndex_ = index; }

 private:
  struct RtpState {
    uint64_t highest = 0;
  };

  SrtpCipher rtp_;
  SrtpCipher rtcp_;
  SsrcTable<RtpState> rtpStates_{kMaxOutboundSsrcs};
  // One index for all SSRCs of the transport: each SSRC then sees it rise, and no state per SSRC is needed.
  uint32_t nextRtcpIndex_ = 1;
};

struct SrtpSession {
  SrtpInbound inbound;
  SrtpOutbound outbound;

  static std::unique_ptr<SrtpSession> create(SrtpProfile profile, const SrtpMasterKeys& inboundKeys,
                                             const SrtpMasterKeys& outboundKeys);
};

}  // namespace manifold
