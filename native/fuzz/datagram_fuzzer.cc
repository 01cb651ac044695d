// libFuzzer target for everything that looks at bytes of a peer before they are authenticated, and for what comes
// right after. Built and run by scripts/fuzz-native.ts. The first byte of an input chooses the profile.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "../datagram.h"
#include "../dtls_records.h"
#include "../rtp_header.h"
#include "../srtp.h"

using namespace manifold;

namespace {

void check(bool condition) {
  if (!condition) abort();
}

struct Contexts {
  SrtpOutbound outbound;
  SrtpInbound inbound;
};

/** New ones for each input, so that an input fails the same way every time. */
std::unique_ptr<Contexts> makeContexts(SrtpProfile profile) {
  SrtpMasterKeys keys = {};
  memset(keys.key, 0x5a, sizeof keys.key);
  memset(keys.salt, 0xa5, sizeof keys.salt);
  std::unique_ptr<Contexts> contexts = std::make_unique<Contexts>();
  check(contexts->outbound.init(profile, keys) && contexts->inbound.init(profile, keys));
  return contexts;
}

/** Copies of exactly the promised sizes, so that one byte too far is seen. */
std::unique_ptr<uint8_t[]> copyOf(const uint8_t* data, size_t size, size_t room) {
  std::unique_ptr<uint8_t[]> copy(new uint8_t[size + room]);
  if (size > 0) memcpy(copy.get(), data, size);
  return copy;
}

/** What is refused must be refused without a trace; what is protected must come back. */
void fuzzSrtp(const uint8_t* data, size_t size, SrtpProfile profile, bool rtp) {
  const std::unique_ptr<Contexts> contexts = makeContexts(profile);
  const std::unique_ptr<uint8_t[]> in = copyOf(data, size, 0);
  const std::unique_ptr<uint8_t[]> out(new uint8_t[size]);
  size_t written = 0;
  const SrtpResult refused = rtp ? contexts->inbound.unprotectRtp(in.get(), size, out.get(), &written)
                                 : contexts->inbound.unprotectRtcp(in.get(), size, out.get(), &written);
  check(refused == SrtpResult::Malformed || refused == SrtpResult::Authentication);

  const std::unique_ptr<uint8_t[]> packet = copyOf(data, size, kMaxSrtpTrailerBytes);
  size_t securedBytes = 0;
  const SrtpResult result = rtp ? contexts->outbound.protectRtp(packet.get(), size, &securedBytes)
                                : contexts->outbound.protectRtcp(packet.get(), size, &securedBytes);
  if (result != SrtpResult::Ok) return;
  check(securedBytes > size && securedBytes <= size + kMaxSrtpTrailerBytes);
  const std::unique_ptr<uint8_t[]> secured = copyOf(packet.get(), securedBytes, 0);
  const std::unique_ptr<uint8_t[]> plain(new uint8_t[securedBytes]);
  const SrtpResult back = rtp ? contexts->inbound.unprotectRtp(secured.get(), securedBytes, plain.get(), &written)
                              : contexts->inbound.unprotectRtcp(secured.get(), securedBytes, plain.get(), &written);
  check(back == SrtpResult::Ok && written == size && memcmp(plain.get(), data, size) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t inputBytes) {
  if (inputBytes == 0) return 0;
  const SrtpProfile profile = static_cast<SrtpProfile>(input[0] % kSrtpProfileCount);
  const size_t size = inputBytes - 1;
  const std::unique_ptr<uint8_t[]> copy = copyOf(input + 1, size, 0);
  const uint8_t* data = copy.get();

  const PacketKind kind = classifyDatagram(data, size);
  hasPlausibleRecords(data, size, kGcmRecordOverheadBytes);
  RtpHeader header;
  if (readRtpHeader(data, size, &header)) check(header.bytes <= size);
  if (kind == PacketKind::Rtp || kind == PacketKind::Rtcp) fuzzSrtp(data, size, profile, kind == PacketKind::Rtp);
  return 0;
}
