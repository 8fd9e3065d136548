#include <unistd.h>

#include "base/text.h"
#include "cli/passkey_file.h"
#include "cli/render.h"
#include "cli/signing.h"
#include "cli/staff_commands.h"

namespace sallyport::cli {
namespace {

constexpr unsigned watch_every_seconds = 2;  // the staff API has no long poll; thirty questions a minute cost nothing

Answer<void> show_answer(Terminal& terminal, const Answer<Json>& answer) {
  if (!answer) return std::unexpected(answer.error());
  terminal.document(*answer);
  show_case(terminal, *answer);
  return {};
}

bool is_query_safe(std::string_view text) { return text.empty() || is_id_text(text); }

// What is new since the last look, said once.
struct Progress {
  std::string phase;
  std::size_t evidence = 0, approvals = 0;

  static std::size_t count(const Json& answer, std::string_view key) {
    const auto* list = answer.find(key);
    return list != nullptr && list->is_array() ? list->as_array().size() : 0;
  }

  void tell(Terminal& terminal, const Json& answer) {
    const auto* list = answer.find("evidence");
    for (; evidence < count(answer, "evidence"); ++evidence) {
      const auto& e = list->as_array()[evidence];
      terminal.line(concat(shown(e, "at"), "  evidence: ", shown(e, "signal"), " ", shown(e, "result")));
    }
    if (const auto now = count(answer, "approvals"); now != approvals) {
      approvals = now;
      terminal.line(concat("approvals: ", now));
    }
    if (const auto now = shown(answer, "phase"); now != phase) {
      phase = now;
      terminal.line(concat("phase: ", phase), Ink::bold);
    }
  }
};

}  // namespace

Answer<void> command_case_open(const GlobalOptions& global, Terminal& terminal, const CaseOpenOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  return show_answer(terminal, api.post("/v1/cases", Json::object({{"account", options.account},
                                                                   {"action", options.action},
                                                                   {"channel", options.channel},
                                                                   {"ticket", options.ticket},
                                                                   {"reason", options.reason}})));
}

Answer<void> command_case_show(const GlobalOptions& global, Terminal& terminal, const std::string& id) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto path, case_path(id));
  return show_answer(terminal, api.get(path));
}

Answer<void> command_case_list(const GlobalOptions& global, Terminal& terminal, const CaseListOptions& options) {
  if (!is_query_safe(options.after))
    return std::unexpected(Problem(Fault{FaultKind::invalid, "--after is no case id"}));
  SP_TRY(auto api, connect_staff(global));
  const auto after = options.after.empty() ? std::string() : concat("&after=", options.after);
  SP_TRY(const auto answer, api.get(concat("/v1/cases?state=", options.state, after, "&limit=", options.limit)));
  terminal.document(answer);
  show_cases(terminal, answer);
  if (const auto next = shown(answer, "next"); next != "-") terminal.note(concat("There are more: --after ", next));
  return {};
}

Answer<void> command_case_cancel(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                 const std::string& detail) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto path, case_path(id, "/cancel"));
  return show_answer(terminal, api.post(path, Json::object({{"detail", detail}})));
}

Answer<void> command_case_object(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                 const std::string& through) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto path, case_path(id, "/objection"));
  return show_answer(terminal, api.post(path, Json::object({{"through", through}})));
}

Answer<void> command_case_execute(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                  const std::string& action) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto show_path, case_path(id));
  auto wanted = action;
  if (wanted.empty()) {
    SP_TRY(const auto shown_case, api.get(show_path));
    SP_TRY(wanted, shown_case.string_at("action"));
  }
  SP_TRY(const auto path, case_path(id, "/execute"));
  return show_answer(terminal, api.post(path, Json::object({{"action", wanted}})));
}

Answer<void> command_case_timeline(const GlobalOptions& global, Terminal& terminal, const std::string& id) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto path, case_path(id, "/timeline"));
  SP_TRY(const auto answer, api.get(path));
  terminal.document(answer);
  show_timeline(terminal, answer);
  return {};
}

Answer<void> command_case_watch(const GlobalOptions& global, Terminal& terminal, const std::string& id) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto path, case_path(id));
  Progress progress;
  for (;;) {
    SP_TRY(const auto answer, api.get(path));
    progress.tell(terminal, answer);
    if (shown(answer, "phase") == "closed") {
      terminal.document(answer);
      show_case(terminal, answer);
      return {};
    }
    ::sleep(watch_every_seconds);
  }
}

Answer<void> command_approve(const GlobalOptions& global, Terminal& terminal, const ApproveOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  std::vector<ApprovalRequest> requests;
  for (const auto& id : options.ids) {
    SP_TRY(auto request, fetch_approval(api, id));
    requests.push_back(std::move(request));
  }
  const bool as_list = requests.size() > 1;
  if (as_list)
    terminal.heading(concat("A list of ", requests.size(), " cases: one signature approves every one of them"));
  for (const auto& request : requests) show_approval(terminal, request);
  if (!options.yes) {
    SP_TRY(const auto agreed, terminal.confirm(as_list ? concat("Sign exactly these ", requests.size(), "?")
                                                       : std::string("Sign exactly this?"),
                                               "--yes"));
    if (!agreed)
      return std::unexpected(
          Problem(Fault{FaultKind::rejected, "nothing was signed", "to refuse a case: sallyport deny"}));
  }
  if (!as_list) return show_answer(terminal, approve(api, requests.front(), passkey));
  SP_TRY(const auto answer, approve_list(api, requests, passkey));
  terminal.document(answer);
  show_cases(terminal, answer);
  return {};
}

Answer<void> command_review_list(const GlobalOptions& global, Terminal& terminal, const std::string& after) {
  SP_TRY(auto api, connect_staff(global));
  if (after.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz_.-:TZ~") != after.npos)
    return std::unexpected(Problem(Fault{FaultKind::invalid, "--after is not what `review list` told to go on with"}));
  SP_TRY(const auto answer, api.get(after.empty() ? std::string("/v1/reviews") : concat("/v1/reviews?after=", after)));
  terminal.document(answer);
  show_reviews(terminal, answer);
  return {};
}

Answer<void> command_review_sign(const GlobalOptions& global, Terminal& terminal, const ReviewOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  SP_TRY(const auto request, fetch_review(api, options.ids, options.verdict, options.ticket));
  show_review(terminal, request);
  if (!options.yes) {
    SP_TRY(const auto agreed, terminal.confirm("Sign exactly this?", "--yes"));
    if (!agreed)
      return std::unexpected(Problem(Fault{FaultKind::rejected, "nothing was signed", "the review stays open"}));
  }
  SP_TRY(const auto answer, sign_review(api, request, passkey));
  terminal.document(answer);
  show_cases(terminal, answer);
  return {};
}

Answer<void> command_deny(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                          const std::string& reason) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto path, case_path(id, "/denials"));
  return show_answer(terminal, api.post(path, Json::object({{"detail", reason}})));
}

}  // namespace sallyport::cli
