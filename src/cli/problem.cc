#include "cli/problem.h"

#include <string_view>

#include "base/text.h"

namespace sallyport::cli {
namespace {

constexpr std::string_view denial_prefix = "urn:sallyport:denial:";
constexpr std::string_view fault_prefix = "urn:sallyport:fault:";
constexpr std::string_view auth_prefix = "urn:sallyport:auth:";

std::string text_or(const Json& json, std::string_view key, std::string_view otherwise) {
  const auto* value = json.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string(otherwise);
}

ExitCode exit_code_of_fault(std::string_view kind) {
  if (kind == "invalid") return ExitCode::bad_input;
  if (kind == "not_found") return ExitCode::not_found;
  if (kind == "unavailable") return ExitCode::unavailable;
  if (kind == "unknown") return ExitCode::outcome_unknown;
  if (kind == "rejected") return ExitCode::refused;
  return ExitCode::other;
}

ExitCode exit_code_of_status(int status) {
  if (status == 401 || status == 403) return ExitCode::not_signed_in;
  if (status == 404) return ExitCode::not_found;
  if (status == 400 || status == 413 || status == 415 || status == 422) return ExitCode::bad_input;
  if (status == 502 || status == 503 || status == 504) return ExitCode::unavailable;
  return ExitCode::other;
}

}  // namespace

Problem::Problem(const Fault& fault)
    : type(concat(fault_prefix, to_string(fault.kind))),
      title(to_string(fault.kind)),
      detail(fault.what),
      next_step(fault.next_step) {}

Problem problem_of(const HttpResponse& response) {
  Problem out;
  out.status = response.status;
  const auto body = parse_json(response.body);
  const Json nothing = Json::object();
  const Json& json = body && body->is_object() ? *body : nothing;
  out.type = text_or(json, "type", "about:blank");
  out.title = text_or(json, "title", concat("status ", response.status));
  out.detail = text_or(json, "detail", concat("the server answered with status ", response.status));
  out.next_step = text_or(json, "next_step", "");
  return out;
}

ExitCode exit_code_of(const Problem& problem) {
  const std::string_view type = problem.type;
  if (type == "urn:sallyport:denial:outcome_unknown") return ExitCode::outcome_unknown;
  if (type.starts_with(denial_prefix)) return ExitCode::refused;
  if (type.starts_with(auth_prefix)) return ExitCode::not_signed_in;
  if (type.starts_with(fault_prefix)) return exit_code_of_fault(type.substr(fault_prefix.size()));
  return exit_code_of_status(problem.status);
}

Json to_json(const Problem& problem) {
  auto out = Json::object({{"type", problem.type}, {"title", problem.title}, {"detail", problem.detail}});
  if (problem.status != 0) out.set("status", problem.status);
  if (!problem.next_step.empty()) out.set("next_step", problem.next_step);
  return out;
}

std::string denial_code_of(const Problem& problem) {
  const std::string_view type = problem.type;
  return std::string(type.starts_with(denial_prefix) ? type.substr(denial_prefix.size()) : std::string_view());
}

}  // namespace sallyport::cli
