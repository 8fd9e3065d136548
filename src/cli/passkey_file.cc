#include "cli/passkey_file.h"

#include "base/text.h"
#include "cli/files.h"
#include "core/organization/organization.h"

namespace sallyport::cli {
namespace {

constexpr std::string_view format = "sallyport-passkey/1";
constexpr std::size_t scalar_bytes = 32;
constexpr int scalar_tries_max = 4;  // one draw in 2^32 is above the order of P-256; four in a row are a broken source

}  // namespace

Result<SoftwarePasskey> SoftwarePasskey::create(Entropy& entropy, const StaffId& staff, std::string rp_id,
                                                std::string origin) {
  for (int i = 0; i < scalar_tries_max; ++i) {
    SP_TRY(auto drawn, entropy.bytes(scalar_bytes));
    auto scalar = SecretBytes::take(std::move(drawn));
    auto made = SoftwareAuthenticator::create(scalar, rp_id);
    if (made) return SoftwarePasskey(staff, std::move(rp_id), std::move(origin), std::move(scalar), *std::move(made));
  }
  return fault(FaultKind::unavailable, "no passkey could be made", "is the system's entropy source broken?");
}

Result<SoftwarePasskey> SoftwarePasskey::load(const std::string& path) {
  SP_TRY(const auto content, read_private_file(path));
  const auto json = parse_json(text_of(content.reveal()));
  // The parser's message could quote the file, and the file is the key.
  if (!json || !json->only_keys({"format", "origin", "rp_id", "scalar", "staff"}))
    return fault(FaultKind::invalid, concat("`", path, "` is no passkey file"),
                 "make one with `sallyport passkey create`");
  SP_TRY(const auto written, json->string_at("format"));
  if (written != format) return fault(FaultKind::invalid, concat("`", path, "` has another format than ", format));
  SP_TRY(auto rp_id, json->string_at("rp_id"));
  SP_TRY(auto origin, json->string_at("origin"));
  SP_TRY(const auto staff_text, json->string_at("staff"));
  SP_TRY(auto scalar_text, json->string_at("scalar"));
  const auto staff = StaffId::parse(staff_text);
  auto bytes = from_base64url(scalar_text);
  wipe(scalar_text);
  if (!staff || !bytes)
    return fault(FaultKind::invalid, concat("`", path, "` is no passkey file"),
                 "make one with `sallyport passkey create`");
  auto scalar = SecretBytes::take(*std::move(bytes));
  auto made = SoftwareAuthenticator::create(scalar, rp_id);
  if (!made) return with_context(concat("reading `", path, "`"), std::move(made).error());
  return SoftwarePasskey(*staff, std::move(rp_id), std::move(origin), std::move(scalar), *std::move(made));
}

Result<void> SoftwarePasskey::save(const std::string& path) const {
  auto text = concat(to_text(Json::object({{"format", format},
                                           {"origin", origin_},
                                           {"rp_id", rp_id_},
                                           {"scalar", to_base64url(scalar_.reveal())},
                                           {"staff", staff_.text()}})),
                     "\n");
  auto written = write_private_file(path, text, IfExists::refuse);
  wipe(text);
  return written;
}

Json SoftwarePasskey::registration() const {
  const auto made = authenticator_.make_registration(challenge_of(registration_domain, staff_.text()), origin_);
  return Json::object({{"attestation_object", to_base64url(made.attestation_object)},
                       {"client_data_json", to_base64url(made.client_data_json)}});
}

Json SoftwarePasskey::sign(std::string_view domain, std::string_view statement) const {
  const auto made = authenticator_.make_assertion(challenge_of(domain, statement), origin_, 0);
  return Json::object({{"credential_id", to_base64url(credential_id())},
                       {"authenticator_data", to_base64url(made.authenticator_data)},
                       {"client_data_json", to_base64url(made.client_data_json)},
                       {"signature", to_base64url(made.signature)}});
}

}  // namespace sallyport::cli
