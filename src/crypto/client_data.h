// What the browser says it did: clientDataJSON, WebAuthn Level 3 section 5.8.1, and the steps of
// sections 7.1 and 7.2 that look at it. For the sources of crypto/ only. libfido2 hashes these bytes
// and never reads them, so the challenge, the origin and the framing are checked here or nowhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sallyport {

inline constexpr std::size_t client_data_length_max = 4096;  // real ones have 150 to 400 bytes
inline constexpr std::size_t challenge_length_min = 16;      // WebAuthn L3 section 13.4.3

struct ClientDataExpectation {
  std::string_view type;  // "webauthn.create" or "webauthn.get"
  ByteView challenge;
  const std::vector<std::string>& origins;
};

[[nodiscard]] Result<void> check_client_data(ByteView client_data_json, const ClientDataExpectation& expected);

}  // namespace sallyport
