// One account of the embedded directory, and its two spellings: what the file keeps, and the seed
// that people write. Pure.
//
// Seed: {"accounts": [{"login", "display_name", "mail", "employee_number", "groups", "employment",
// "password", "locked", "active"}]}; login and password are required, active defaults to true, the
// rest to nothing. Unknown keys are refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "core/model/ids.h"
#include "crypto/secret.h"
#include "ports/directory.h"

namespace sallyport {

inline constexpr std::size_t password_history_length = 3;  // previous passwords that may not return

struct EmbeddedAccount {
  AccountId id;
  std::string login;
  std::string display_name;
  std::string mail;
  std::string employee_number;
  std::string employment;
  std::vector<std::string> groups;     // sorted, distinct
  bool active = true;
  bool locked = false;
  std::vector<std::string> passwords;  // hashes, the newest first: the current and the history
  std::uint64_t password_version = 0;  // counts password changes
  std::uint64_t version = 0;           // counts all changes
  Marker marker;
};

struct SeedAccount {
  EmbeddedAccount account;  // without id and password
  SecretBytes password;
};

[[nodiscard]] Json to_json(const EmbeddedAccount& account);
[[nodiscard]] Result<EmbeddedAccount> embedded_account_from_json(const Json& json);
[[nodiscard]] Result<std::vector<SeedAccount>> seed_from_json(const Json& json);
[[nodiscard]] StateToken state_token_of(const EmbeddedAccount& account);

}  // namespace sallyport
