#include "shell/directories/embedded_account.h"

#include <algorithm>

#include "base/text.h"
#include "shell/directories/state_token.h"

namespace sallyport {
namespace {

constexpr std::size_t text_bytes_max = 256;  // of one name, address, login or group
constexpr std::size_t groups_max = 1000;
constexpr std::size_t marker_bytes_max = 128;

Json strings(const std::vector<std::string>& values) {
  Json::Array out(values.begin(), values.end());
  return Json(std::move(out));
}

Result<std::vector<std::string>> strings_at(const Json& json, std::string_view key, std::size_t most) {
  SP_TRY(const auto* array, json.array_at(key));
  if (array->size() > most) return fault(FaultKind::invalid, concat("\"", key, "\" has too many values"));
  std::vector<std::string> out;
  for (const auto& item : *array) {
    if (!item.is_string() || item.as_string().size() > text_bytes_max)
      return fault(FaultKind::invalid, concat("\"", key, "\" must hold short strings"));
    out.push_back(item.as_string());
  }
  return out;
}

Result<std::string> text_at(const Json& json, std::string_view key) {
  SP_TRY(auto text, json.string_at(key));
  if (text.size() > text_bytes_max) return fault(FaultKind::invalid, concat("\"", key, "\" is too long"));
  return text;
}

Result<std::string> optional_text_at(const Json& json, std::string_view key) {
  if (!json.find(key)) return std::string();
  return text_at(json, key);
}

void make_set(std::vector<std::string>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

Result<SeedAccount> seed_account(const Json& json) {
  SP_CHECK(json.only_keys(
      {"login", "display_name", "mail", "employee_number", "groups", "employment", "password", "locked", "active"}));
  SeedAccount seed;
  auto& account = seed.account;
  SP_TRY(account.login, text_at(json, "login"));
  if (account.login.empty()) return fault(FaultKind::invalid, "an account has an empty login");
  SP_TRY(auto password, text_at(json, "password"));
  seed.password = SecretBytes::take(std::move(password));
  if (seed.password.empty())
    return fault(FaultKind::invalid, concat("account \"", account.login, "\" has no password"));
  SP_TRY(account.display_name, optional_text_at(json, "display_name"));
  SP_TRY(account.mail, optional_text_at(json, "mail"));
  SP_TRY(account.employee_number, optional_text_at(json, "employee_number"));
  SP_TRY(account.employment, optional_text_at(json, "employment"));
  if (json.find("groups")) {
    SP_TRY(account.groups, strings_at(json, "groups", groups_max));
    make_set(account.groups);
  }
  if (json.find("locked")) {
    SP_TRY(account.locked, json.bool_at("locked"));
  }
  if (json.find("active")) {
    SP_TRY(account.active, json.bool_at("active"));
  }
  return seed;
}

}  // namespace

Json to_json(const EmbeddedAccount& account) {
  return Json::object({{"id", account.id.text()},
                       {"login", account.login},
                       {"display_name", account.display_name},
                       {"mail", account.mail},
                       {"employee_number", account.employee_number},
                       {"employment", account.employment},
                       {"groups", strings(account.groups)},
                       {"active", account.active},
                       {"locked", account.locked},
                       {"passwords", strings(account.passwords)},
                       {"password_version", account.password_version},
                       {"version", account.version},
                       {"marker", account.marker}});
}

Result<EmbeddedAccount> embedded_account_from_json(const Json& json) {
  SP_CHECK(json.only_keys({"id", "login", "display_name", "mail", "employee_number", "employment", "groups", "active",
                           "locked", "passwords", "password_version", "version", "marker"}));
  EmbeddedAccount account;
  SP_TRY(const auto id_text, json.string_at("id"));
  const auto id = AccountId::parse(id_text);
  if (!id) return fault(FaultKind::corrupt, "a stored account has no proper id");
  account.id = *id;
  SP_TRY(account.login, text_at(json, "login"));
  SP_TRY(account.display_name, text_at(json, "display_name"));
  SP_TRY(account.mail, text_at(json, "mail"));
  SP_TRY(account.employee_number, text_at(json, "employee_number"));
  SP_TRY(account.employment, text_at(json, "employment"));
  SP_TRY(account.groups, strings_at(json, "groups", groups_max));
  SP_TRY(account.active, json.bool_at("active"));
  SP_TRY(account.locked, json.bool_at("locked"));
  SP_TRY(account.passwords, strings_at(json, "passwords", password_history_length + 1));
  SP_TRY(const auto password_version, json.int_at("password_version"));
  SP_TRY(const auto version, json.int_at("version"));
  if (password_version < 0 || version < 0) return fault(FaultKind::corrupt, "a stored account has a negative version");
  account.password_version = static_cast<std::uint64_t>(password_version);
  account.version = static_cast<std::uint64_t>(version);
  SP_TRY(account.marker, json.string_at("marker"));
  if (account.marker.size() > marker_bytes_max) return fault(FaultKind::corrupt, "a stored marker is too long");
  return account;
}

Result<std::vector<SeedAccount>> seed_from_json(const Json& json) {
  SP_CHECK(json.only_keys({"accounts"}));
  SP_TRY(const auto* accounts, json.array_at("accounts"));
  std::vector<SeedAccount> seeds;
  for (const auto& item : *accounts) {
    SP_TRY(auto seed, seed_account(item));
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

// The lock is left out: whoever tries wrong passwords must not be able to void a decision.
StateToken state_token_of(const EmbeddedAccount& account) {
  return state_token_of({{"id", {account.id.text()}},
                         {"login", {account.login}},
                         {"mail", {account.mail}},
                         {"employee_number", {account.employee_number}},
                         {"employment", {account.employment}},
                         {"groups", account.groups},
                         {"active", {account.active ? "yes" : "no"}},
                         {"password_version", {std::to_string(account.password_version)}},
                         {"marker", {account.marker}}});
}

}  // namespace sallyport
