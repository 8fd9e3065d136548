#include <algorithm>
#include <array>
#include <optional>

#include "shell/api/api.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

// Who a route admits. `anyone` is written out, so that nobody is admitted by forgetting.
enum Admits : unsigned {
  anyone = 1U,
  claimant = 2U,
  agent = 4U,
  approver = 8U,
  reviewer = 16U,
  operators = 32U,
  vouchers = 64U,
  any_staff = agent | approver | reviewer | operators | vouchers,
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // "{}" stands for one segment, "{+}" at the end for all that follow
  unsigned admits;
  void (*handle)(const Call&);
};

constexpr std::array<Route, 47> table{{
    {"GET", "/healthz", anyone, routes::health},
    {"GET", "/v1/ledger/opened", anyone, routes::ledger_opened},
    {"POST", "/v1/sign-in/challenge", anyone, routes::sign_in_challenge},
    {"POST", "/v1/sign-in", anyone, routes::sign_in},
    {"POST", "/v1/sign-out", any_staff, routes::sign_out},
    {"GET", "/v1/me", any_staff, routes::me},
    {"POST", "/v1/cases", agent, routes::open_case},
    {"GET", "/v1/cases", any_staff, routes::list_cases},
    {"GET", "/v1/cases/{}", any_staff, routes::show_case},
    {"POST", "/v1/cases/{}/cancel", agent | operators, routes::cancel_case},
    {"POST", "/v1/cases/{}/objection", any_staff, routes::object_to_case},
    {"POST", "/v1/cases/{}/execute", agent, routes::execute_case},
    {"GET", "/v1/cases/{}/statement", approver | agent, routes::case_statement},
    // An agent who tries it is told which rule stands against it, and the ledger keeps the try.
    {"POST", "/v1/cases/{}/approvals", approver | agent, routes::approve_case},
    {"POST", "/v1/approvals", approver | agent, routes::approve_list},
    {"POST", "/v1/cases/{}/denials", approver, routes::deny_case},
    {"GET", "/v1/reviews", reviewer | operators, routes::list_reviews},
    {"POST", "/v1/reviews/statements", reviewer, routes::review_statements},
    {"POST", "/v1/reviews", reviewer, routes::review_cases},
    {"GET", "/v1/cases/{}/timeline", any_staff, routes::case_timeline},
    {"GET", "/v1/staff", reviewer | operators, routes::list_staff},
    {"POST", "/v1/changes/statement", any_staff, routes::change_statement_of},
    {"POST", "/v1/changes", any_staff, routes::make_change},
    {"GET", "/v1/changes", any_staff, routes::list_changes},
    {"GET", "/v1/changes/{}", any_staff, routes::show_change},
    {"GET", "/v1/policy", any_staff, routes::show_policy},
    {"POST", "/v1/policy/explain", any_staff, routes::explain_policy},
    {"POST", "/v1/enrolments", operators, routes::invite},
    {"POST", "/v1/exercises/statement", operators, routes::exercise_statement},
    {"POST", "/v1/exercises", operators, routes::start_exercise},
    {"GET", "/v1/exercises", operators, routes::list_exercises},
    {"POST", "/v1/exercises/{}/open", operators, routes::open_exercise},
    {"GET", "/v1/exercises/{}/score", reviewer | operators, routes::exercise_score},
    {"GET", "/v1/ledger/checkpoint", reviewer | operators, routes::ledger_checkpoint},
    {"GET", "/v1/ledger/entries", reviewer | operators, routes::ledger_entries},
    {"GET", "/v1/ledger/proof", reviewer | operators, routes::ledger_proof},
    {"GET", "/v1/ledger/consistency", reviewer | operators, routes::ledger_consistency},
    {"GET", "/log/checkpoint", anyone, routes::log_checkpoint},
    {"GET", "/log/tile/entries/{+}", reviewer | operators, routes::log_entries_tile},
    {"GET", "/log/tile/{+}", anyone, routes::log_hash_tile},
    {"POST", "/claimant/v1/join", anyone, routes::claimant_join},
    {"GET", "/claimant/v1/case", claimant, routes::claimant_case},
    {"POST", "/claimant/v1/signals/mail_code/request", claimant, routes::claimant_request_mail_code},
    {"POST", "/claimant/v1/signals/{}", claimant, routes::claimant_give},
    {"GET", "/claimant/v1/executor-key", claimant, routes::claimant_executor_key},
    {"POST", "/claimant/v1/sealed-secret", claimant, routes::claimant_seal},
    {"POST", "/claimant/v1/enrol", anyone, routes::claimant_enrol},
}};

std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string>& segments) {
  std::vector<std::string> taken;
  std::size_t at = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the slash
    const auto part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(part.size());
    if (part == "{+}" && at < segments.size()) {
      taken.insert(taken.end(), segments.begin() + static_cast<std::ptrdiff_t>(at), segments.end());
      return taken;
    }
    if (at >= segments.size() || (part != "{}" && part != segments[at])) return std::nullopt;
    if (part == "{}") taken.push_back(segments[at]);
    ++at;
  }
  if (at != segments.size()) return std::nullopt;
  return taken;
}

unsigned rights_of(const StaffMember& member) {
  unsigned rights = 0;
  if (member.has(StaffRole::agent)) rights |= agent;
  if (member.has(StaffRole::approver)) rights |= approver;
  if (member.has(StaffRole::reviewer)) rights |= reviewer;
  if (member.has(StaffRole::operator_)) rights |= operators;
  if (member.has(StaffRole::voucher)) rights |= vouchers;
  return rights;
}

std::string bearer_of(const HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view value = request.authorization;
  return value.starts_with(scheme) ? std::string(value.substr(scheme.size())) : std::string();
}

// Empty: admitted. Fills in who it is.
std::optional<HttpResponse> admit(Call& call, unsigned admits) {
  if ((admits & anyone) != 0) return std::nullopt;
  call.token = bearer_of(call.request);
  if (call.token.empty()) return auth_problem(401, "token_missing", "this needs a token", "sign in, or join a case");
  if (admits == claimant) {
    const auto id = call.parts.claimants.case_of_token(call.token);
    if (!id) return as_problem(id.error());
    call.claimant_case = *id;
    if (!call.claimant_case)
      return auth_problem(401, "token_unknown", "the token is not of a joined case",
                          "join the case with the agent's code");
    return std::nullopt;
  }
  auto session = call.parts.staff.session(call.token);
  if (!session) return as_problem(session.error());
  if (!*session) return auth_problem(401, "token_ended", "the token is unknown or has ended", "sign in again");
  call.session = **session;
  if ((rights_of(call.session->member) & admits) == 0)
    return auth_problem(403, "role_missing", "your roles do not admit you here",
                        "ask someone with the role, or an operator");
  return std::nullopt;
}

std::optional<HttpResponse> read_body(Call& call) {
  if (call.request.method != "POST") return std::nullopt;
  if (call.request.body.empty()) {
    call.body = Json::object();
    return std::nullopt;
  }
  if (!call.request.content_type.starts_with("application/json"))
    return as_problem(
        Fault{FaultKind::invalid, "the body must be application/json", "send Content-Type: application/json"});
  auto json = parse_json(call.request.body);
  if (!json) return as_problem(json.error());
  if (!json->is_object()) return as_problem(Fault{FaultKind::invalid, "the body must be an object", "send {...}"});
  call.body = *std::move(json);
  return std::nullopt;
}

}  // namespace

void Api::handle(HttpRequest request, HttpReply reply) {
  const Route* route = nullptr;
  bool path_known = false;
  std::vector<std::string> path;
  for (const auto& candidate : table) {
    auto taken = match(candidate.pattern, request.segments);
    if (!taken) continue;
    path_known = true;
    if (candidate.method != request.method) continue;
    route = &candidate;
    path = *std::move(taken);
    break;
  }
  if (route == nullptr)
    return reply(path_known ? auth_problem(405, "method_not_listed", "this path does not take that method",
                                           "see docs/api/http.md")
                            : auth_problem(404, "route_not_listed", "there is no such route", "see docs/api/http.md"));
  Call call{parts_, *this,          std::move(request), std::make_shared<HttpReply>(std::move(reply)), {}, {},
            {},     Json::object(), std::move(path)};
  if (auto no = admit(call, route->admits)) return (*call.reply)(*std::move(no));
  if (auto no = read_body(call)) return (*call.reply)(*std::move(no));
  route->handle(call);
}

}  // namespace sallyport
