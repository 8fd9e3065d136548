#include "cli/session.h"

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "cli/files.h"

namespace sallyport::cli {
namespace {

constexpr std::string_view context_file = "sallyport.context.json";
constexpr std::string_view staff_token_file = "staff.token";
constexpr std::string_view claimant_token_file = "claimant.token";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<std::string> home_folder(const GlobalOptions& options) {
  if (!options.home.empty()) return options.home;
  if (auto home = environment("SALLYPORT_HOME"); !home.empty()) return home;
  const auto user = environment("HOME");
  if (user.empty())
    return fault(FaultKind::invalid, "neither $SALLYPORT_HOME nor $HOME is set", "say where with --home");
  return concat(user, "/.config/sallyport");
}

Result<std::string> token_path(const GlobalOptions& options, std::string_view name) {
  if (!options.token_file.empty()) return options.token_file;
  SP_TRY(const auto home, home_folder(options));
  return concat(home, "/", name);
}

Result<Context> kept_context(const GlobalOptions& options) {
  SP_TRY(const auto home, home_folder(options));
  const auto path = concat(home, "/", context_file);
  const auto text = read_file(path);
  if (!text && text.error().kind == FaultKind::not_found) return Context{};
  if (!text) return std::unexpected(text.error());
  auto json = parse_json(*text);
  if (!json) return with_context(concat("reading `", path, "`"), std::move(json).error());
  SP_CHECK(json->only_keys({"server", "ca", "staff"}));
  Context out;
  SP_TRY(out.server, json->string_at("server"));
  SP_TRY(out.ca_file, json->string_at("ca"));
  SP_TRY(out.staff, json->string_at("staff"));
  return out;
}

// Paths outlive the folder they were typed in.
std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

struct Token {
  std::string server, ca_file, case_id;
  SecretBytes token;
};

Result<Token> read_token(const std::string& path) {
  SP_TRY(const auto content, read_private_file(path));
  auto json = parse_json(text_of(content.reveal()));
  if (!json) return fault(FaultKind::invalid, concat("`", path, "` is no token file"));
  SP_CHECK(json->only_keys({"server", "ca", "case", "token"}));
  Token out;
  SP_TRY(out.server, json->string_at("server"));
  if (json->find("ca") != nullptr) {
    SP_TRY(out.ca_file, json->string_at("ca"));
  }
  if (json->find("case") != nullptr) {
    SP_TRY(out.case_id, json->string_at("case"));
  }
  SP_TRY(auto token, json->string_at("token"));
  out.token = SecretBytes::take(std::move(token));
  return out;
}

Problem not_signed_in(std::string detail, std::string next_step) {
  Problem out;
  out.type = "urn:sallyport:auth:not_signed_in";
  out.title = "not_signed_in";
  out.detail = std::move(detail);
  out.next_step = std::move(next_step);
  return out;
}

Answer<Token> token_for(const std::string& path, const std::string& server, std::string_view next_step) {
  auto token = read_token(path);
  if (!token && token.error().kind == FaultKind::not_found)
    return std::unexpected(not_signed_in("no session is kept here", std::string(next_step)));
  if (!token) return std::unexpected(Problem(token.error()));
  if (!server.empty() && token->server != server)
    return std::unexpected(
        not_signed_in(concat("the kept session is for ", token->server, ", not for ", server), std::string(next_step)));
  return *std::move(token);
}

Result<void> keep(const std::string& path, const Json& json) {
  SP_CHECK(make_private_folder(absolute(path).substr(0, absolute(path).rfind('/'))));
  auto text = concat(to_text(json), "\n");
  auto written = write_private_file(path, text, IfExists::replace);
  wipe(text);
  return written;
}

}  // namespace

Answer<Context> context_of(const GlobalOptions& options) {
  SP_TRY(const auto kept, kept_context(options));
  Context out;
  out.server = !options.server.empty() ? options.server : environment("SALLYPORT_SERVER");
  if (out.server.empty()) out.server = kept.server;
  while (out.server.ends_with('/')) out.server.pop_back();
  if (out.server == kept.server) out.staff = kept.staff;
  out.ca_file = absolute(!options.ca_file.empty() ? options.ca_file : environment("SALLYPORT_CA"));
  if (out.ca_file.empty() && out.server == kept.server) out.ca_file = kept.ca_file;
  return out;
}

Answer<Api> connect(const GlobalOptions& options) {
  SP_TRY(const auto context, context_of(options));
  if (context.server.empty())
    return std::unexpected(Problem(
        Fault{FaultKind::invalid, "no server is named", "add --server https://HOST:PORT, or set SALLYPORT_SERVER"}));
  return Api::connect(context.server, context.ca_file);
}

Answer<Api> connect_staff(const GlobalOptions& options) {
  SP_TRY(auto api, connect(options));
  SP_TRY(const auto path, token_path(options, staff_token_file));
  SP_TRY(auto token, token_for(path, api.server(), "sallyport sign-in --staff ID --key FILE"));
  api.use_token(std::move(token.token));
  return api;
}

Answer<ClaimantSession> connect_claimant(const GlobalOptions& options) {
  SP_TRY(const auto path, token_path(options, claimant_token_file));
  SP_TRY(auto token, token_for(path, options.server, "sallyport signal join, with the code the agent reads to you"));
  const auto ca = options.ca_file.empty() ? token.ca_file : options.ca_file;
  SP_TRY(auto api, Api::connect(token.server, ca));
  api.use_token(std::move(token.token));
  return ClaimantSession{std::move(api), std::move(token.case_id)};
}

Result<void> keep_staff_session(const GlobalOptions& options, const Context& context, const std::string& token) {
  SP_TRY(const auto path, token_path(options, staff_token_file));
  SP_CHECK(keep(path, Json::object({{"server", context.server}, {"token", token}})));
  SP_TRY(const auto home, home_folder(options));
  return keep(concat(home, "/", context_file),
              Json::object({{"server", context.server}, {"ca", context.ca_file}, {"staff", context.staff}}));
}

Result<void> forget_staff_session(const GlobalOptions& options) {
  SP_TRY(const auto path, token_path(options, staff_token_file));
  return remove_file(path);
}

Result<void> keep_claimant_session(const GlobalOptions& options, const Context& context, const std::string& case_id,
                                   const std::string& token) {
  SP_TRY(const auto path, token_path(options, claimant_token_file));
  return keep(path,
              Json::object({{"server", context.server}, {"ca", context.ca_file}, {"case", case_id}, {"token", token}}));
}

}  // namespace sallyport::cli
