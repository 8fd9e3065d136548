// Secret rows: what must be kept and must not be read in the store's file. Each value is sealed with
// AES-256-GCM under the store key, bound to its row's key, so a row cannot be moved.
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "core/model/ids.h"
#include "crypto/secret.h"
#include "ports/entropy.h"

namespace sallyport {

// Keys of a case's secret rows (docs/ledger_format.md, "Private material").
[[nodiscard]] std::string private_row(const CaseId& id);
[[nodiscard]] std::string salt_row(const CaseId& id);  // not sealed: the executor reads it as well
[[nodiscard]] std::string replacement_row(const CaseId& id);
[[nodiscard]] std::string mail_code_row(const CaseId& id);
[[nodiscard]] std::string sealed_secret_row(const CaseId& id);

class SealedRows {
 public:
  SealedRows(SecretBytes store_key, Entropy& entropy) : store_key_(std::move(store_key)), entropy_(entropy) {}

  [[nodiscard]] Result<std::string> seal(std::string_view row_key, const Json& value) const;
  [[nodiscard]] Result<Json> open(std::string_view row_key, std::string_view sealed) const;
  // A digest that only this server can make: for short codes, which a plain hash would give away.
  [[nodiscard]] Digest keyed_digest(std::string_view purpose, std::string_view text) const;

 private:
  SecretBytes store_key_;
  Entropy& entropy_;
};

}  // namespace sallyport
