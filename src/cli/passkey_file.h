// A software passkey in a file: for the demo, for tests and for trying Sallyport out. Production
// servers refuse it, because whoever can read the file can be that member of staff.
//
//   {"format":"sallyport-passkey/1","origin":"https://...","rp_id":"...","scalar":"...","staff":"tom"}
//
// Mode 0600, and refused when others may read it. The sign count is always 0, which WebAuthn Level 3
// section 6.1.1 allows: a counter in a file that can be copied would prove nothing.
// Threads: const members may be used from many threads.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "core/model/ids.h"
#include "crypto/software_authenticator.h"
#include "ports/entropy.h"

namespace sallyport::cli {

inline constexpr std::string_view registration_domain = "sallyport/registration/v1";

class SoftwarePasskey {
 public:
  [[nodiscard]] static Result<SoftwarePasskey> create(Entropy& entropy, const StaffId& staff, std::string rp_id,
                                                      std::string origin);
  [[nodiscard]] static Result<SoftwarePasskey> load(const std::string& path);
  [[nodiscard]] Result<void> save(const std::string& path) const;  // refuses to replace a key

  [[nodiscard]] const StaffId& staff() const noexcept { return staff_; }
  [[nodiscard]] const Bytes& credential_id() const noexcept { return authenticator_.credential_id(); }
  // {"attestation_object","client_data_json"}: what `staff add --registration` takes. No secret.
  [[nodiscard]] Json registration() const;
  // The `assertion` of the API over SHA-256(domain, 0, statement).
  [[nodiscard]] Json sign(std::string_view domain, std::string_view statement) const;

 private:
  SoftwarePasskey(StaffId staff, std::string rp_id, std::string origin, SecretBytes scalar, SoftwareAuthenticator made)
      : staff_(std::move(staff)),
        rp_id_(std::move(rp_id)),
        origin_(std::move(origin)),
        scalar_(std::move(scalar)),
        authenticator_(std::move(made)) {}

  StaffId staff_;
  std::string rp_id_;
  std::string origin_;
  SecretBytes scalar_;
  SoftwareAuthenticator authenticator_;
};

}  // namespace sallyport::cli
