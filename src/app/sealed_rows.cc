#include "app/sealed_rows.h"

#include "base/text.h"
#include "crypto/at_rest.h"
#include "crypto/hash.h"

namespace sallyport {

std::string private_row(const CaseId& id) { return concat("private/", id.text()); }
std::string salt_row(const CaseId& id) { return concat("salt/", id.text()); }
std::string replacement_row(const CaseId& id) { return concat("replacement/", id.text()); }
std::string mail_code_row(const CaseId& id) { return concat("mailcode/", id.text()); }
std::string sealed_secret_row(const CaseId& id) { return concat("sealed/", id.text()); }

Result<std::string> SealedRows::seal(std::string_view row_key, const Json& value) const {
  SP_TRY(const auto nonce, entropy_.bytes(at_rest_nonce_length));
  return to_base64url(seal_at_rest(store_key_, nonce, view_of(row_key), SecretBytes::take(to_text(value))));
}

Result<Json> SealedRows::open(std::string_view row_key, std::string_view sealed) const {
  const auto bytes = from_base64url(sealed);
  if (!bytes)
    return fault(FaultKind::corrupt, concat("the secret row `", row_key, "` is damaged"), "restore it from a backup");
  auto plain = open_at_rest(store_key_, view_of(row_key), *bytes);
  if (!plain) return with_context(concat("the secret row `", row_key, "`"), std::move(plain).error());
  return parse_json(text_of(plain->reveal()));
}

Digest SealedRows::keyed_digest(std::string_view purpose, std::string_view text) const {
  const std::uint8_t separator = 0;
  return hmac_sha256(store_key_, {view_of(purpose), {&separator, 1}, view_of(text)});
}

}  // namespace sallyport
