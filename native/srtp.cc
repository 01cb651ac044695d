#include "srtp.h"

#include <openssl/crypto.h>

#include <cstring>
#include <new>

#include "rtp_header.h"

namespace manifold {

namespace {

constexpr size_t kRtcpIndexBytes = 4;
constexpr uint32_t kRtcpEncryptedFlag = 0x80000000;
constexpr uint32_t kMaxRtcpIndex = 0x7fffffff;
constexpr uint64_t kMaxRtpIndex = 0xffffffffffff;
constexpr uint64_t kNoIndex = UINT64_MAX;

/** The index nearest to the highest seen with these low 16 bits (RFC 3711 section 3.3.1), or kNoIndex. */
uint64_t estimateIndex(uint64_t highest, uint16_t sequenceNumber) {
  const int64_t newest = static_cast<uint16_t>(highest);
  int64_t rollover = static_cast<int64_t>(highest >> 16);
  if (newest < 32768) {
    if (sequenceNumber - newest > 32768) rollover--;
  } else if (newest - 32768 > sequenceNumber) {
    rollover++;
  }
  if (rollover < 0) return kNoIndex;
  const uint64_t index = static_cast<uint64_t>(rollover) << 16 | sequenceNumber;
  return index <= kMaxRtpIndex ? index : kNoIndex;
}

}  // namespace

bool SrtpInbound::init(SrtpProfile profile, const SrtpMasterKeys& master) {
  return rtp_.init(profile, master, SrtpKind::Rtp, SrtpCipher::Direction::Unprotect) &&
         rtcp_.init(profile, master, SrtpKind::Rtcp, SrtpCipher::Direction::Unprotect);
}

bool SrtpInbound::init(SrtpProfile profile, const SrtpSessionKeys& keys) {
  return rtp_.init(profile, keys, SrtpKind::Rtp, SrtpCipher::Direction::Unprotect) &&
         rtcp_.init(profile, keys, SrtpKind::Rtcp, SrtpCipher::Direction::Unprotect);
}

SrtpResult SrtpInbound::unprotectRtp(const uint8_t* in, size_t size, uint8_t* out, size_t* written) {
  const size_t tagBytes = rtp_.tagBytes();
  RtpHeader header;
  if (size < tagBytes || !readRtpHeader(in, size - tagBytes, &header)) return SrtpResult::Malformed;

  RtpState* state = rtpStates_.find(header.ssrc);
  if (state == nullptr && rtpStates_.full()) return SrtpResult::SsrcLimit;
  const uint64_t index =
      state == nullptr ? header.sequenceNumber : estimateIndex(state->highest(), header.sequenceNumber);
  if (index == kNoIndex || (state != nullptr && state->isReplay(index))) return SrtpResult::Replay;

  const size_t plainSize = size - tagBytes;
  const size_t payloadSize = plainSize - header.bytes;
  const uint8_t* payload = in + header.bytes;
  const uint8_t* tag = in + plainSize;
  if (rtp_.aead()) {
    if (!rtp_.open(header.ssrc, index, {in, header.bytes}, {nullptr, 0}, payload, payloadSize, out + header.bytes,
                   tag)) {
      return SrtpResult::Authentication;
    }
  } else {
    uint8_t rollover[4];
    uint8_t expected[20];
    writeUint32(rollover, static_cast<uint32_t>(index >> 16));
    if (!rtp_.authenticate({in, plainSize}, {rollover, sizeof rollover}, expected) ||
        CRYPTO_memcmp(expected, tag, tagBytes) != 0) {
      return SrtpResult::Authentication;
    }
    if (!rtp_.applyKeystream(header.ssrc, index, payload, payloadSize, out + header.bytes)) {
      return SrtpResult::Failed;
    }
  }
  if (state == nullptr) state = rtpStates_.insert(header.ssrc);
  if (state == nullptr) return SrtpResult::SsrcLimit;
  state->mark(index);
  memcpy(out, in, header.bytes);
  *written = plainSize;
  return SrtpResult::Ok;
}

// SRTCP (RFC 3711 section 3.4):  header(8) | body | E + index(31) | tag(10)
// with GCM (RFC 7714 section 9): header(8) | body | tag(16) | E + index(31)
SrtpResult SrtpInbound::unprotectRtcp(const uint8_t* in, size_t size, uint8_t* out, size_t* written) {
  const size_t tagBytes = rtcp_.tagBytes();
  if (size < kRtcpHeaderBytes + kRtcpIndexBytes + tagBytes || in[0] >> 6 != 2) return SrtpResult::Malformed;
  const size_t plainSize = size - kRtcpIndexBytes - tagBytes;
  const uint8_t* indexWord = rtcp_.aead() ? in + size - kRtcpIndexBytes : in + plainSize;
  const uint8_t* tag = rtcp_.aead() ? in + plainSize : in + plainSize + kRtcpIndexBytes;
  const uint32_t word = readUint32(indexWord);
  const bool encrypted = (word & kRtcpEncryptedFlag) != 0;
  const uint32_t index = word & kMaxRtcpIndex;
  const uint32_t ssrc = readUint32(in + 4);

  RtcpState* state = rtcpStates_.find(ssrc);
  if (state == nullptr && rtcpStates_.full()) return SrtpResult::SsrcLimit;
  if (state != nullptr && state->isReplay(index)) return SrtpResult::Replay;

  const size_t clearSize = encrypted ? kRtcpHeaderBytes : plainSize;
  const size_t bodySize = plainSize - clearSize;
  if (rtcp_.aead()) {
    if (!rtcp_.open(ssrc, index, {in, clearSize}, {indexWord, kRtcpIndexBytes}, in + clearSize, bodySize,
                    out + clearSize, tag)) {
      return SrtpResult::Authentication;
    }
  } else {
    uint8_t expected[20];
    if (!rtcp_.authenticate({in, plainSize}, {indexWord, kRtcpIndexBytes}, expected) ||
        CRYPTO_memcmp(expected, tag, tagBytes) != 0) {
      return SrtpResult::Authentication;
    }
    if (!rtcp_.applyKeystream(ssrc, index, in + clearSize, bodySize, out + clearSize)) return SrtpResult::Failed;
  }
  if (state == nullptr) state = rtcpStates_.insert(ssrc);
  if (state == nullptr) return SrtpResult::SsrcLimit;
  state->mark(index);
  memcpy(out, in, clearSize);
  *written = plainSize;
  return SrtpResult::Ok;
}

void SrtpInbound::setRolloverCounter(uint32_t ssrc, uint32_t rolloverCounter, uint16_t sequenceNumber) {
  RtpState* state = rtpStates_.find(ssrc);
  if (state == nullptr) state = rtpStates_.insert(ssrc);
  const uint64_t index = static_cast<uint64_t>(rolloverCounter) << 16 | sequenceNumber;
  if (state != nullptr && index > 0) state->mark(index - 1);
}

bool SrtpOutbound::init(SrtpProfile profile, const SrtpMasterKeys& master) {
  return rtp_.init(profile, master, SrtpKind::Rtp, SrtpCipher::Direction::Protect) &&
         rtcp_.init(profile, master, SrtpKind::Rtcp, SrtpCipher::Direction::Protect);
}

bool SrtpOutbound::init(SrtpProfile profile, const SrtpSessionKeys& keys) {
  return rtp_.init(profile, keys, SrtpKind::Rtp, SrtpCipher::Direction::Protect) &&
         rtcp_.init(profile, keys, SrtpKind::Rtcp, SrtpCipher::Direction::Protect);
}

SrtpResult SrtpOutbound::protectRtp(uint8_t* packet, size_t size, size_t* written) {
  RtpHeader header;
  if (!readRtpHeader(packet, size, &header)) return SrtpResult::Malformed;
  RtpState* state = rtpStates_.find(header.ssrc);
  uint64_t index = header.sequenceNumber;
  if (state == nullptr) {
    state = rtpStates_.insert(header.ssrc);
    if (state == nullptr) return SrtpResult::SsrcLimit;
    state->highest = index;
  } else {
    index = estimateIndex(state->highest, header.sequenceNumber);
    if (index == kNoIndex) return SrtpResult::Failed;
    if (index > state->highest) state->highest = index;
  }

  uint8_t* payload = packet + header.bytes;
  const size_t payloadSize = size - header.bytes;
  if (rtp_.aead()) {
    if (!rtp_.seal(header.ssrc, index, {packet, header.bytes}, {nullptr, 0}, payload, payloadSize, payload,
                   packet + size)) {
      return SrtpResult::Failed;
    }
  } else {
    uint8_t rollover[4];
    writeUint32(rollover, static_cast<uint32_t>(index >> 16));
    if (!rtp_.applyKeystream(header.ssrc, index, payload, payloadSize, payload) ||
        !rtp_.authenticate({packet, size}, {rollover, sizeof rollover}, packet + size)) {
      return SrtpResult::Failed;
    }
  }
  *written = size + rtp_.tagBytes();
  return SrtpResult::Ok;
}

SrtpResult SrtpOutbound::protectRtcp(uint8_t* packet, size_t size, size_t* written) {
  if (size < kRtcpHeaderBytes || packet[0] >> 6 != 2) return SrtpResult::Malformed;
  if (nextRtcpIndex_ > kMaxRtcpIndex) return SrtpResult::Failed;  // the keys are used up
  const uint32_t ssrc = readUint32(packet + 4);
  const uint32_t index = nextRtcpIndex_++;
  uint8_t* body = packet + kRtcpHeaderBytes;
  const size_t bodySize = size - kRtcpHeaderBytes;
  uint8_t word[kRtcpIndexBytes];
  writeUint32(word, index | kRtcpEncryptedFlag);
  if (rtcp_.aead()) {
    if (!rtcp_.seal(ssrc, index, {packet, kRtcpHeaderBytes}, {word, sizeof word}, body, bodySize, body,
                    packet + size)) {
      return SrtpResult::Failed;
    }
    memcpy(packet + size + rtcp_.tagBytes(), word, sizeof word);
  } else {
    if (!rtcp_.applyKeystream(ssrc, index, body, bodySize, body) ||
        !rtcp_.authenticate({packet, size}, {word, sizeof word}, packet + size + kRtcpIndexBytes)) {
      return SrtpResult::Failed;
    }
    memcpy(packet + size, word, sizeof word);
  }
  *written = size + kRtcpIndexBytes + rtcp_.tagBytes();
  return SrtpResult::Ok;
}

void SrtpOutbound::setRolloverCounter(uint32_t ssrc, uint32_t rolloverCounter, uint16_t sequenceNumber) {
  RtpState* state = rtpStates_.find(ssrc);
  if (state == nullptr) state = rtpStates_.insert(ssrc);
  if (state != nullptr) state->highest = static_cast<uint64_t>(rolloverCounter) << 16 | sequenceNumber;
}

std::unique_ptr<SrtpSession> SrtpSession::create(SrtpProfile profile, const SrtpMasterKeys& inboundKeys,
                                                 const SrtpMasterKeys& outboundKeys) {
  std::unique_ptr<SrtpSession> session(new (std::nothrow) SrtpSession());
  if (!session || !session->inbound.init(profile, inboundKeys) || !session->outbound.init(profile, outboundKeys)) {
    return nullptr;
  }
  return session;
}

}  // namespace manifold
