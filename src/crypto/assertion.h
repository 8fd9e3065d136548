// The last step of an assertion, by libfido2: WebAuthn Level 3 section 7.2 steps 20 and 21, and once
// more the rpIdHash and the flags. For the sources and tests of crypto/ only; verify_assertion()
// (crypto/webauthn.h) comes here after its own checks, so a refusal here is about the signature, or
// about extension outputs that libfido2 cannot read.
#pragma once

#include "base/result.h"
#include "crypto/authenticator_data.h"
#include "crypto/webauthn.h"

namespace sallyport {

// `data` is what parse_authenticator_data() read from `assertion`; without attested credential.
[[nodiscard]] Result<void> verify_assertion_statement(const Es256PublicKey& key, const Assertion& assertion,
                                                      const AuthenticatorData& data,
                                                      const AssertionExpectation& expected);

}  // namespace sallyport
