#include "cli/render.h"

#include "base/text.h"

namespace sallyport::cli {
namespace {

const Json::Array& items_of(const Json& json, std::string_view key) {
  static const Json::Array none;
  const auto* value = json.find(key);
  return value != nullptr && value->is_array() ? value->as_array() : none;
}

const Json& part_of(const Json& json, std::string_view key) {
  static const Json nothing = Json::object();
  const auto* value = json.find(key);
  return value != nullptr && value->is_object() ? *value : nothing;
}

std::string missing_line(const Json& item) {
  return item.is_object()   ? concat(shown(item, "what"), " (", shown(item, "who"), ")")
         : item.is_string() ? item.as_string()
                            : to_text(item);
}

void show_missing(Terminal& terminal, const Json& answer) {
  bool first = true;
  for (const auto& item : items_of(answer, "missing")) {
    terminal.fact(first ? "missing" : "", missing_line(item), Ink::yellow);
    first = false;
  }
}

Ink ink_of_result(std::string_view result) {
  if (result == "done" || result == "passed") return Ink::green;
  return result == "-" ? Ink::plain : Ink::red;
}

// What is worth a glance in one entry's body, in this order.
std::string gist(const Json& body) {
  std::string out;
  const auto add = [&](std::string_view label, const Json& from, std::string_view key) {
    const auto* value = from.find(key);
    if (value == nullptr || (!value->is_string() && !value->is_int() && !value->is_bool())) return;
    out += concat(out.empty() ? "" : ", ", label, label.empty() ? "" : " ", shown(from, key));
  };
  add("", part_of(body, "evidence"), "signal");
  add("", part_of(body, "evidence"), "result");
  add("", body, "signal");
  add("", body, "action");
  add("", body, "attempted");
  add("", body, "code");
  add("", body, "outcome");
  add("", body, "refusal");
  add("", body, "result");
  add("by", body, "requested_by");
  add("by", body, "by");
  add("", body, "detail");
  return out;
}

}  // namespace

void show_case(Terminal& terminal, const Json& answer) {
  const auto& account = part_of(answer, "account");
  const auto phase = shown(answer, "phase");
  const auto result = shown(answer, "result");
  terminal.heading(concat("Case ", shown(answer, "case"), ": ", shown(answer, "action"), " for ",
                          shown(account, "name"), " (", shown(account, "login"), ")"));
  terminal.fact("phase", phase, phase == "unknown" ? Ink::red : Ink::bold);
  if (result != "-") terminal.fact("result", result, ink_of_result(result));
  terminal.fact("opened", concat(shown(answer, "opened_at"), " by ", shown(answer, "requested_by"), ", ",
                                 shown(answer, "channel"), ", ticket ", shown(answer, "ticket")));
  terminal.fact("expires", shown(answer, "expires_at"));
  terminal.fact("needs", concat("tier ", shown(answer, "tier"), ", class ", shown(answer, "class")));
  for (const auto& e : items_of(answer, "evidence")) {
    const auto verdict = shown(e, "result");
    const auto* counts = e.find("counts");
    const bool counted = counts != nullptr && counts->is_bool() && counts->as_bool();
    terminal.fact(concat("evidence ", shown(e, "number")),
                  concat(shown(e, "signal"), " ", verdict,
                         verdict == "passed" && !counted ? concat(", does not count: ", shown(e, "why")) : ""),
                  ink_of_result(verdict));
  }
  if (!items_of(answer, "approvals").empty()) terminal.fact("approved by", shown(answer, "approvals"));
  if (shown(answer, "hold_until") != "-") terminal.fact("held until", shown(answer, "hold_until"));
  show_missing(terminal, answer);
  const auto& outcome = part_of(answer, "outcome");
  if (!outcome.as_object().empty())
    terminal.fact("outcome", concat(shown(outcome, "outcome"), ", ", shown(outcome, "detail")),
                  ink_of_result(shown(outcome, "outcome")));
  if (shown(answer, "detail") != "-") terminal.fact("detail", shown(answer, "detail"));
  if (const auto code = shown(answer, "join_code"); code != "-") {
    terminal.fact("join code", code, Ink::bold);
    terminal.line(
        "  Read the join code to the claimant: it is shown this once, joins their browser to the case and proves "
        "nothing.",
        Ink::dim);
  }
}

void show_cases(Terminal& terminal, const Json& answer) {
  std::vector<std::vector<std::string>> rows{{"CASE", "PHASE", "RESULT", "ACTION", "ACCOUNT", "BY", "OPENED"}};
  for (const auto& c : items_of(answer, "cases")) {
    const auto& account = part_of(c, "account");
    const auto login = shown(account, "login");
    rows.push_back({shown(c, "case"), shown(c, "phase"), shown(c, "result"), shown(c, "action"),
                    login == "-" ? shown(c, "account") : login, shown(c, "requested_by"), shown(c, "opened_at")});
  }
  if (rows.size() == 1) return terminal.line("No cases.");
  terminal.table(rows);
}

void show_reviews(Terminal& terminal, const Json& answer) {
  std::vector<std::vector<std::string>> rows{{"CASE", "ACTION", "CLASS", "DUE", "", "IN A LIST", "YOU MAY"}};
  const auto yes = [](const Json& review, std::string_view key, std::string_view word) {
    const auto* value = review.find(key);
    return value != nullptr && value->is_bool() && value->as_bool() ? std::string(word) : std::string();
  };
  for (const auto& r : items_of(answer, "reviews"))
    rows.push_back({shown(r, "case"), shown(r, "action"), shown(r, "class"), shown(r, "due"),
                    yes(r, "overdue", "OVERDUE"), yes(r, "in_list", "yes"), yes(r, "yours", "yes")});
  if (rows.size() == 1) return terminal.line("No case waits for a review.");
  terminal.table(rows);
  if (const auto next = shown(answer, "next"); next != "-") terminal.note(concat("There are more: --after ", next));
}

void show_timeline(Terminal& terminal, const Json& answer) {
  std::vector<std::vector<std::string>> rows{{"ENTRY", "AT", "WHAT", ""}};
  for (const auto& e : items_of(answer, "entries"))
    rows.push_back({shown(e, "index"), shown(e, "at"), shown(e, "kind"), gist(part_of(e, "body"))});
  terminal.table(rows);
}

void show_claimant_case(Terminal& terminal, const Json& answer) {
  terminal.heading(concat("Case ", shown(answer, "case"), ": ", shown(answer, "action")));
  terminal.fact("phase", shown(answer, "phase"), Ink::bold);
  if (const auto result = shown(answer, "result"); result != "-")
    terminal.fact("result", result, ink_of_result(result));
  show_missing(terminal, answer);
  const auto* password = answer.find("needs_password");
  if (password != nullptr && password->is_bool() && password->as_bool())
    terminal.fact("needed", "a new password: sallyport signal password", Ink::yellow);
  if (const auto message = shown(answer, "message"); message != "-") terminal.line(concat("  ", message));
}

void show_staff(Terminal& terminal, const Json& answer) {
  std::vector<std::vector<std::string>> rows{{"ID", "PERSON", "TEAM", "ROLES", "SEATS", "UNTIL", "PASSKEY"}};
  for (const auto& m : items_of(answer, "staff")) {
    const auto& passkey = part_of(m, "passkey");
    const auto* software = passkey.find("software");
    const bool soft = software != nullptr && software->is_bool() && software->as_bool();
    rows.push_back({shown(m, "id"), shown(m, "person"), concat(shown(m, "organization"), "/", shown(m, "team")),
                    shown(m, "roles"), shown(m, "seats"), shown(m, "ends_at"),
                    soft ? "software" : shown(passkey, "attestation")});
  }
  terminal.table(rows);
}

void show_explanation(Terminal& terminal, const Json& answer) {
  terminal.heading(concat("Tier ", shown(answer, "tier"), ", class ", shown(answer, "class")));
  terminal.fact("policy", shown(answer, "policy"));
  const auto& r = part_of(answer, "requirement");
  terminal.fact("signals", concat(shown(r, "signals"), " independent, of these strong: ", shown(r, "strong")));
  if (!items_of(r, "include").empty()) terminal.fact("including", shown(r, "include"));
  for (const auto& a : items_of(r, "approvers"))
    terminal.fact("approvers",
                  concat("at least ", shown(a, "at_least"), a.find("role") ? concat(", seat ", shown(a, "role")) : "",
                         a.find("outside") ? concat(", outside ", shown(a, "outside")) : "",
                         a.find("from") ? concat(", from ", shown(a, "from")) : ""));
  terminal.fact("hold",
                concat(shown(r, "hold_without_strong"), ", with strong evidence ", shown(r, "hold_with_strong")));
  for (const auto& reason : items_of(answer, "reasons"))
    terminal.fact("because", reason.is_string() ? reason.as_string() : to_text(reason));
  show_missing(terminal, answer);
}

}  // namespace sallyport::cli
