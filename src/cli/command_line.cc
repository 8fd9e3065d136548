#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/alerts_command.h"
#include "cli/audit_commands.h"
#include "cli/claimant_commands.h"
#include "cli/demo.h"
#include "cli/drill_command.h"
#include "cli/exercise_commands.h"
#include "cli/policy_commands.h"
#include "cli/prove_command.h"
#include "cli/replay_command.h"
#include "cli/staff_commands.h"
#include "cli/story_command.h"
#include "core/model/action.h"

namespace sallyport::cli {
namespace {

constexpr const char* about =
    "Sallyport: account recovery with two doors. Who asks must be verified, what is asked must be approved,\n"
    "and everything stands in a ledger that anyone can check.";

constexpr const char* exit_codes =
    "Exit codes:\n"
    "  0 ok   2 usage   3 refused by a rule   4 not signed in, or not permitted   5 not found   6 bad input\n"
    "  7 server or directory unavailable   8 outcome unknown   1 anything else\n"
    "Codes and passwords are typed, piped or read from a file, never given as arguments.\n"
    "See it work: sallyport demo";

// What was parsed, and the one command that was named.
struct Parsed {
  GlobalOptions global;
  std::function<Answer<int>(Terminal&)> chosen;

  SignInOptions sign_in;
  PasskeyCreateOptions passkey;
  CaseOpenOptions open;
  CaseListOptions list;
  ApproveOptions approve;
  ReviewOptions review;
  ProveOptions prove;
  std::string model;
  CheckOptions check;
  PolicyDiffOptions diff;
  StaffAddOptions staff;
  PolicyProposeOptions propose;
  ChangeApproveOptions approve_change;
  ChangeRejectOptions reject_change;
  StoryPlayOptions story;
  DrillOptions drill;
  ExerciseStartOptions exercise;
  ExerciseOpenOptions open_exercise;
  ReplayOptions replay;
  AlertsOptions alerts;
  BundleOptions bundle;
  CosignOptions cosign;
  MonitorOptions monitor;
  DemoOptions demo;
  InitOptions init;
  LdapSource ldap;
  EmbeddedSource embedded;
  std::string id, action, detail, key, file, account, signal, code_file, since, folder, clock_is;
  std::vector<std::string> files, facts;
  std::uint64_t number = 0;
  bool wait = false;
};

using Command = std::function<Answer<void>(Terminal&)>;

class Words {
 public:
  Words(CLI::App& app, Parsed& parsed) : app_(app), parsed_(parsed) {}

  CLI::App* group(const std::string& name, const std::string& what) {
    auto* group = app_.add_subcommand(name, what);
    group->require_subcommand(1);
    group->footer("");
    return group;
  }

  CLI::App* command(CLI::App* parent, const std::string& name, const std::string& what, const std::string& example,
                    Command run) {
    return command_with_status(parent, name, what, example, [run = std::move(run)](Terminal& terminal) -> Answer<int> {
      if (auto done = run(terminal); !done) return std::unexpected(std::move(done).error());
      return 0;
    });
  }

  CLI::App* command_with_status(CLI::App* parent, const std::string& name, const std::string& what,
                                const std::string& example, std::function<Answer<int>(Terminal&)> run) {
    auto* command = (parent == nullptr ? &app_ : parent)->add_subcommand(name, what);
    command->footer(concat(example.find('\n') == example.npos ? "Example:\n  " : "Examples:\n  ", example));
    command->callback([this, run = std::move(run)] { parsed_.chosen = run; });
    return command;
  }

 private:
  CLI::App& app_;
  Parsed& parsed_;
};

std::vector<std::string> action_names() {
  std::vector<std::string> out;
  for (const auto action : all_actions) out.emplace_back(to_string(action));
  return out;
}

void need_id(CLI::App* command, Parsed& p) { command->add_option("ID", p.id, "the case")->required(); }
void need_key(CLI::App* command, std::string& key) {
  command->add_option("--key", key, "file of your software passkey")->required();
}
void code_file(CLI::App* command, Parsed& p) {
  command->add_option("--code-file", p.code_file,
                      "read the code from this file (mode 0600); else it is asked for, or read from standard input");
}
void vkey(CLI::App* command, Parsed& p) {
  command->add_option("--key", p.key, "verifier key (name+id+base64) to trust; else the server's own word for it");
}

void add_sessions(Words& words, Parsed& p) {
  auto* sign_in =
      words.command(nullptr, "sign-in", "Sign in with your passkey",
                    "sallyport sign-in --server https://localhost:8443 --ca ca.pem --staff tom --key tom.key",
                    [&p](Terminal& t) { return command_sign_in(p.global, t, p.sign_in); });
  sign_in->add_option("--staff", p.sign_in.staff, "your id on the staff")->required();
  need_key(sign_in, p.sign_in.key);
  words.command(nullptr, "sign-out", "End your session, here and on the server", "sallyport sign-out",
                [&p](Terminal& t) { return command_sign_out(p.global, t); });
  words.command(nullptr, "me", "Show who you are and what you may do", "sallyport me",
                [&p](Terminal& t) { return command_me(p.global, t); });

  auto* passkey = words.group("passkey", "Software passkeys, for demo servers");
  auto* create =
      words.command(passkey, "create", "Make a software passkey and its registration (OUT.registration.json)",
                    "sallyport passkey create --staff tom --out tom.key",
                    [&p](Terminal& t) { return command_passkey_create(p.global, t, p.passkey); });
  create->add_option("--staff", p.passkey.staff, "whose it is")->required();
  create->add_option("--out", p.passkey.out, "key file to make (mode 0600); an existing one is kept")->required();
  create->add_option("--rp-id", p.passkey.rp_id, "WebAuthn relying party; else the server's, or localhost");
  create->add_option("--origin", p.passkey.origin, "WebAuthn origin; else the server's, or https://localhost:8443");
}

void add_cases(Words& words, Parsed& p) {
  auto* cases = words.group("case", "Cases: one account, one action");
  auto* open = words.command(cases, "open", "Open a case for someone who asks",
                             "sallyport case open --account milo.hart --action password_reset --ticket T-1041 --reason "
                             "'locked out after a trip'",
                             [&p](Terminal& t) { return command_case_open(p.global, t, p.open); });
  open->add_option("--account", p.open.account, "login of the account")->required();
  open->add_option("--action", p.open.action, "exactly what is asked for")
      ->required()
      ->check(CLI::IsMember(action_names()));
  open->add_option("--channel", p.open.channel, "how the request came: phone, chat, walk_in")->capture_default_str();
  open->add_option("--ticket", p.open.ticket, "ticket number");
  open->add_option("--reason", p.open.reason, "why, in a sentence; the approver reads it")->required();

  need_id(words.command(cases, "show", "Show a case and what it lacks", "sallyport case show c-4f6k",
                        [&p](Terminal& t) { return command_case_show(p.global, t, p.id); }),
          p);
  auto* list = words.command(cases, "list", "List cases", "sallyport case list --state closed",
                             [&p](Terminal& t) { return command_case_list(p.global, t, p.list); });
  list->add_option("--state", p.list.state, "which")
      ->check(CLI::IsMember({"open", "closed", "all"}))
      ->capture_default_str();
  list->add_option("--after", p.list.after, "go on after this case");
  list->add_option("--limit", p.list.limit, "at most so many")->check(CLI::Range(1, 200))->capture_default_str();
  auto* cancel =
      words.command(cases, "cancel", "Cancel a case", "sallyport case cancel c-4f6k --reason 'the caller hung up'",
                    [&p](Terminal& t) { return command_case_cancel(p.global, t, p.id, p.detail); });
  need_id(cancel, p);
  cancel->add_option("--reason", p.detail, "why")->required();
  auto* object = words.command(cases, "object",
                               "Pass on that the account holder has not asked for this: it ends the case, and anybody "
                               "on the staff may; once the executor has begun it is noted",
                               "sallyport case object c-4f6k --through callback",
                               [&p](Terminal& t) { return command_case_object(p.global, t, p.id, p.detail); });
  need_id(object, p);
  object->add_option("--through", p.detail, "how you heard it: callback, phone, in person")->required();
  auto* execute = words.command(cases, "execute", "Ask for execution now; it starts by itself when nothing is missing",
                                "sallyport case execute c-4f6k",
                                [&p](Terminal& t) { return command_case_execute(p.global, t, p.id, p.action); });
  need_id(execute, p);
  execute->add_option("--action", p.action, "the case's own unless given; any other is refused")
      ->check(CLI::IsMember(action_names()));
  need_id(words.command(cases, "timeline", "Show every ledger entry of a case", "sallyport case timeline c-4f6k",
                        [&p](Terminal& t) { return command_case_timeline(p.global, t, p.id); }),
          p);
  need_id(words.command(cases, "watch", "Follow a case until it is closed", "sallyport case watch c-4f6k",
                        [&p](Terminal& t) { return command_case_watch(p.global, t, p.id); }),
          p);

  auto* approve = words.command(
      nullptr, "approve", "Look at a case's statement and sign it; of several cases, sign their list",
      "sallyport approve c-4f6k --key ada.key", [&p](Terminal& t) { return command_approve(p.global, t, p.approve); });
  approve->add_option("ID", p.approve.ids, "the case; several are approved as one list, where policy allows it")
      ->required();
  need_key(approve, p.approve.key);
  approve->add_flag("--yes", p.approve.yes, "do not ask; for scripts that looked before");
  auto* deny = words.command(nullptr, "deny", "Refuse a case as its approver",
                             "sallyport deny c-4f6k --reason 'I spoke to the holder: not them'",
                             [&p](Terminal& t) { return command_deny(p.global, t, p.id, p.detail); });
  need_id(deny, p);
  deny->add_option("--reason", p.detail, "why")->required();

  auto* review = words.group("review", "Reviews: every case that acted, looked at afterwards by somebody uninvolved");
  words
      .command(review, "list", "Show which cases wait for a review, the earliest due first", "sallyport review list",
               [&p](Terminal& t) { return command_review_list(p.global, t, p.list.after); })
      ->add_option("--after", p.list.after, "go on there");
  auto* sign = words.command(review, "sign", "Look at what a case did, and sign what you think of it",
                             "sallyport review sign c-4f6k --verdict proper --key rita.key",
                             [&p](Terminal& t) { return command_review_sign(p.global, t, p.review); });
  sign->add_option("ID", p.review.ids, "the case; several are signed as one list, where policy allows it")->required();
  sign->add_option("--verdict", p.review.verdict, "what you think of it")
      ->check(CLI::IsMember({"proper", "doubtful"}))
      ->required();
  sign->add_option("--ticket", p.review.ticket, "where a doubt is followed up");
  need_key(sign, p.review.key);
  sign->add_flag("--yes", p.review.yes, "do not ask; for scripts that looked before");
}

void add_signals(Words& words, Parsed& p) {
  auto* signals = words.group("signal", "The claimant's side: join, prove who you are, choose the new password");
  code_file(words.command(signals, "join", "Join your case with the code the agent reads to you",
                          "sallyport signal join --server https://localhost:8443",
                          [&p](Terminal& t) { return command_signal_join(p.global, t, p.code_file); }),
            p);
  auto* request =
      words.command(signals, "request", "Have a code sent to the address on file", "sallyport signal request mail_code",
                    [&p](Terminal& t) { return command_signal_request(p.global, t, p.signal); });
  request->add_option("SIGNAL", p.signal, "mail_code")->required();
  auto* give = words.command(signals, "give", "Give a signal's code", "sallyport signal give totp",
                             [&p](Terminal& t) { return command_signal_give(p.global, t, p.signal, p.code_file); });
  give->add_option("SIGNAL", p.signal, "totp, mail_code or recovery_code")->required();
  code_file(give, p);
  words.command(signals, "password", "Choose the new password; it leaves this machine sealed to the executor",
                "sallyport signal password", [&p](Terminal& t) { return command_signal_password(p.global, t); });
  auto* status = words.command(signals, "status", "Show what your case needs", "sallyport signal status --wait",
                               [&p](Terminal& t) { return command_signal_status(p.global, t, p.wait); });
  status->add_flag("--wait", p.wait, "follow it until it is closed");
  code_file(
      words.command(signals, "enrol", "Bind an authenticator app and get recovery codes, with the code from the mail",
                    "sallyport signal enrol --server https://localhost:8443",
                    [&p](Terminal& t) { return command_signal_enrol(p.global, t, p.code_file); }),
      p);
  auto* invite = words.command(signals, "invite", "As operator: mail an account holder the code to enrol with",
                               "sallyport signal invite milo.hart",
                               [&p](Terminal& t) { return command_signal_invite(p.global, t, p.account); });
  invite->add_option("LOGIN", p.account, "login of the account")->required();
}

void add_staff(Words& words, Parsed& p) {
  auto* staff = words.group("staff", "Who works here; each change is signed by an operator");
  auto* add = words.command(staff, "add", "Appoint someone, or renew their appointment",
                            "sallyport staff add --id tom --person 1012 --organization main --team help_desk --role "
                            "agent --until 2027-01-31 --registration tom.key.registration.json --key root.key",
                            [&p](Terminal& t) { return command_staff_add(p.global, t, p.staff); });
  add->add_option("--id", p.staff.id, "id on the staff")->required();
  add->add_option("--person", p.staff.person,
                  "the natural person: the employee number of their own accounts, in lower case")
      ->required();
  add->add_option("--organization", p.staff.organization, "organization")->required();
  add->add_option("--team", p.staff.team, "team")->required();
  add->add_option("--role", p.staff.roles, "agent, approver, reviewer or operator; may be repeated")
      ->required()
      ->check(CLI::IsMember({"agent", "approver", "reviewer", "operator", "voucher"}));
  add->add_option("--seat", p.staff.seats, "seat that policies ask approvers for; may be repeated");
  add->add_option("--until", p.staff.until, "end of the appointment: 2027-01-31")->required();
  add->add_option("--registration", p.staff.registration, "their passkey's registration")->required();
  need_key(add, p.staff.key);
  words.command(staff, "list", "List the staff", "sallyport staff list",
                [&p](Terminal& t) { return command_staff_list(p.global, t); });
  auto* remove =
      words.command(staff, "remove", "End someone's appointment now", "sallyport staff remove tom --key root.key",
                    [&p](Terminal& t) { return command_staff_remove(p.global, t, p.id, p.key); });
  remove->description(
      "Ends someone's appointment. To remove an operator takes another one besides you and them, once a policy is in\n"
      "force (sallyport change approve); anybody else is gone at once. You may always remove yourself, but two\n"
      "operators have to stay.");
  remove->add_option("ID", p.id, "id on the staff")->required();
  need_key(remove, p.key);
}

void add_change(Words& words, Parsed& p) {
  auto* change =
      words.group("change", "What waits for a second pair of eyes: policies, appointments, removals of operators");
  words.command(change, "list", "List the changes that wait for approval", "sallyport change list",
                [&p](Terminal& t) { return command_change_list(p.global, t); });
  auto* show =
      words.command(change, "show", "Look at one: what it does, and what it makes easier", "sallyport change show 12",
                    [&p](Terminal& t) { return command_change_show(p.global, t, p.approve_change.number); });
  show->add_option("NUMBER", p.approve_change.number, "of the change")->required();
  auto* approve = words.command(change, "approve", "Sign, as another operator than the one who asked",
                                "sallyport change approve 12 --key olga.key",
                                [&p](Terminal& t) { return command_change_approve(p.global, t, p.approve_change); });
  approve->description(
      "Shows the change, proves a policy once more on this machine and compares it with the one in force, and signs\n"
      "it when you say so. An appointment takes one other operator; a policy takes two who did not propose it.");
  approve->add_option("NUMBER", p.approve_change.number, "of the change")->required();
  approve->add_flag("--yes", p.approve_change.yes, "do not ask: it was looked at before");
  need_key(approve, p.approve_change.key);
  auto* reject = words.command(change, "reject", "Close it for good, and say why",
                               "sallyport change reject 12 --reason 'not at night' --key olga.key",
                               [&p](Terminal& t) { return command_change_reject(p.global, t, p.reject_change); });
  reject->description(
      "Shows the change, asks, and signs that it is rejected. Whoever could approve it may, and one is enough. The\n"
      "reason is in the ledger, for everybody who reads it.");
  reject->add_option("NUMBER", p.reject_change.change.number, "of the change")->required();
  reject->add_option("--reason", p.reject_change.reason, "why")->required();
  reject->add_flag("--yes", p.reject_change.change.yes, "do not ask: it was looked at before");
  need_key(reject, p.reject_change.change.key);
  auto* withdraw =
      words.command(change, "withdraw", "Take back what you asked for", "sallyport change withdraw 12 --key olga.key",
                    [&p](Terminal& t) { return command_change_withdraw(p.global, t, p.approve_change); });
  withdraw->add_option("NUMBER", p.approve_change.number, "of the change")->required();
  need_key(withdraw, p.approve_change.key);
}

void add_story(Words& words, Parsed& p) {
  auto* story = words.group("story", "Recoveries and attacks, told and played against a policy");
  auto* play = words.command_with_status(story, "play", "Play stories, and say where one goes otherwise than told",
                                         "sallyport story play tests/stories/*.scn",
                                         [&p](Terminal& t) { return command_story_play(t, p.story); });
  play->description(
      "A story is a small world, what people do at which time, and what must then be so (docs/scenarios.md). Each is\n"
      "played by the gateway's own rules, and the ledger that it leaves is audited. Asks no server. Exit code 0: all\n"
      "went as told, 1: one did not, 2: it could not be run.");
  play->add_option("FILE", p.story.files, "stories, .scn")->required();
  play->add_option("--policy", p.story.policy, "policy, YAML, instead of the one that each story names");
  play->add_option("--diagrams", p.story.diagrams, "a folder: write a sequence diagram of each (Mermaid)");
  play->add_option("--timelines", p.story.timelines, "a folder: draw the ledger of each, entry by entry (SVG)");
}

void add_exercises(Words& words, CLI::App* drill, Parsed& p);

void add_drill(Words& words, Parsed& p) {
  auto* drill = words.group("drill", "Attacks that happened and recoveries that must succeed, against your own policy");
  auto* run =
      words.command_with_status(drill, "run", "Would this policy have stopped them? And do honest people get back in?",
                                "sallyport drill run --policy policy.yaml --organization people.yaml --html drill.html",
                                [&p](Terminal& t) { return command_drill_run(p.global, t, p.drill); });
  run->description(
      "Gives an attacker what those had who attacked MGM, Clorox, Marks & Spencer and others, and says for each kind "
      "of\n"
      "account: stopped, and by what; or how far it got, step by step, and which one line of the policy stops it. "
      "Then\n"
      "has honest people lose a phone, a key or a whole bag, and says who and what it takes to restore them, and how\n"
      "long, or why they are refused. What `stopped` means, and every assumption: docs/drills.md.\n\n"
      "Without --policy it is the one in force at the site where you are signed in, and without --organization the\n"
      "drill is held in the organization in which the policy is easiest to get through.\n"
      "`front door` means that what they had signs in by itself: recovery did not matter, and it does not count.\n"
      "Exit code 0: no recovery let anybody in and nobody honest was refused, 1: one did or was, 2: it could not be\n"
      "run. With --policy it asks no server.");
  run->add_option("--policy", p.drill.policy, "policy, YAML, instead of the one in force");
  run->add_option("--organization,--org", p.drill.organization, "whom it is for, YAML (docs/prover.md)");
  run->add_option("--html", p.drill.html, "write one page with charts, to show and to print");

  auto* replay =
      words.command_with_status(drill, "replay", "What would a draft policy have made of the cases there were?",
                                "sallyport drill replay --since 90d --policy draft.yaml",
                                [&p](Terminal& t) { return command_drill_replay(p.global, t, p.replay); });
  replay->description(
      "Decides the ledger's cases again under a draft: with the evidence, the approvals and the moments that there\n"
      "were. Says how many would have been let through, stopped or kept waiting, with examples. What people would\n"
      "have done otherwise nobody knows (docs/drills.md). Takes a reviewer's or operator's session, or a file that\n"
      "`audit export` wrote. Exit code 0: every case as it was, 1: some are not, 2: could not be run.");
  replay->add_option("--policy", p.replay.policy, "the draft, YAML")->required();
  replay->add_option("--since", p.replay.since, "cases opened since so long: 90d, 12h")->capture_default_str();
  replay->add_option("--ledger", p.replay.ledger, "a ledger in a file, instead of the server's");
  replay->add_option("--key", p.replay.key, "the ledger's verifier key; with --ledger it has to be given");
  add_exercises(words, drill, p);
}

void add_exercises(Words& words, CLI::App* drill, Parsed& p) {
  auto* start = words.command(drill, "start", "Plan an unannounced exercise, and seal it",
                              "sallyport drill start --account milo.hart --from 2026-03-02T09:00:00.000Z --for 4h \\\n"
                              "    --pretext 'a new phone, and a flight in an hour' --key olga.key",
                              [&p](Terminal& t) { return command_drill_start(p.global, t, p.exercise); });
  start->description(
      "A case that anybody opens on the account within the window is an exercise: it looks like every other case to\n"
      "agents, claimants and approvers, and can never reach the directory. The ledger gets a signed commitment to the\n"
      "plan and not the plan. Whoever really needs the account meanwhile waits: open the exercise, and it is over.\n"
      "For operators. Day, hour, pretender and what is scored: docs/drills.md.");
  start->add_option("--account", p.exercise.account, "login of the account")->required();
  start->add_option("--action", p.exercise.action, "cases of this action only; else whatever is asked for")
      ->check(CLI::IsMember(action_names()));
  start->add_option("--from", p.exercise.from, "the window's begin, 2026-03-02T09:00:00.000Z; else now");
  start->add_option("--for", p.exercise.length, "its length, at most 24h")->capture_default_str();
  start->add_option("--pretext", p.exercise.pretext, "what the desk will hear; names nobody, for the ledger keeps it")
      ->required();
  start->add_option("--team", p.exercise.team, "whom it is meant for; whoever answers is in it all the same");
  need_key(start, p.exercise.key);
  auto* open = words.command(drill, "open", "End an exercise: show the ledger what it was, and score it",
                             "sallyport drill open 12 --key olga.key",
                             [&p](Terminal& t) { return command_drill_open(p.global, t, p.open_exercise); });
  open->description(
      "Writes plan, salt and cases into the ledger, ends the cases that are still open, and prints the score. Cases\n"
      "opened from then on are real. An exercise opens by itself a day after its end.");
  open->add_option("NUMBER", p.open_exercise.number, "of the exercise")->required();
  need_key(open, p.open_exercise.key);
  words.command(drill, "exercises", "List the exercises: sealed ones, and those that were opened",
                "sallyport drill exercises", [&p](Terminal& t) { return command_drill_exercises(p.global, t); });
  auto* score = words.command(drill, "score", "What an exercise measured, by team", "sallyport drill score 12",
                              [&p](Terminal& t) { return command_drill_score(p.global, t, p.number, p.wait); });
  score->add_option("NUMBER", p.number, "of the exercise")->required();
  score->add_flag("--by-person", p.wait, "also by person: read docs/drills.md on why that is not the default");
}

int nothing_named(Terminal& terminal, const char* what, const char* next_step) {
  terminal.fail(Problem(Fault{FaultKind::invalid, what, next_step}));
  return static_cast<int>(ExitCode::usage);
}

// Of each command, from the first use to the rarer ones.
constexpr const char* prove_examples =
    "sallyport policy prove policy.yaml --organization people.yaml\n"
    "  sallyport policy prove policy.yaml                       # for the easiest organization there could be\n"
    "  sallyport policy prove policy.yaml --organization people.yaml --accounts directory.jsonl\n"
    "  sallyport policy prove --model model.json                # any model; the answers as JSON";
constexpr const char* check_examples =
    "sallyport policy check policy.yaml\n"
    "  sallyport policy check policy.yaml --organization people.yaml   # are its teams and seats there?\n"
    "  sallyport --json policy check *.yaml                            # for an editor, or for CI";
constexpr const char* test_examples =
    "sallyport policy test policy.cases.yaml\n"
    "  sallyport policy test cases/*.yaml\n"
    "  sallyport --json policy test policy.cases.yaml    # with the whole explanation of each case";
constexpr const char* diff_examples =
    "sallyport policy diff in-force.yaml draft.yaml\n"
    "  sallyport policy diff in-force.yaml draft.yaml --organization people.yaml   # and what an attacker needs\n"
    "  sallyport policy show > in-force.yaml                                       # the one in force";
constexpr const char* fmt_examples =
    "sallyport policy fmt policy.yaml\n"
    "  sallyport policy fmt --check *.yaml    # for CI: 1 when one is not tidy";
constexpr const char* propose_examples =
    "sallyport policy propose policy.yaml --organization people.yaml --key rea.key\n"
    "  sallyport policy propose policy.yaml --key rea.key     # proved for the assumed organization\n"
    "  sallyport change list                                  # then: it waits for two operators";
constexpr const char* show_examples =
    "sallyport policy show\n"
    "  sallyport policy show > in-force.yaml     # the text; its name and digest go to standard error";
constexpr const char* explain_examples =
    "sallyport policy explain --account milo.hart --action password_reset\n"
    "  sallyport policy explain --policy policy.yaml --action unlock --fact account.active=true\n"
    "  sallyport policy explain --policy policy.yaml --action mfa_reset --fact account.active=true \\\n"
    "    --fact account.admin=false --fact account.groups=Finance,Staff --fact request.cases_24h=0";

void add_policy_prove(Words& words, CLI::App* policy, Parsed& p) {
  auto* prove = words.command_with_status(
      policy, "prove", "What would an attacker need? Are the policy's guarantees kept?", prove_examples,
      [&p](Terminal& t) -> Answer<int> {
        if (!p.model.empty()) return command_prove_model(t, p.model);
        if (p.prove.policy.empty())
          return nothing_named(t, "neither a policy nor a model is named", "name a policy, or add --model FILE");
        return command_prove_policy(t, p.prove);
      });
  prove->description(
      "With a policy: proves its guarantees, or tells for each that is broken how somebody gets through, with the\n"
      "lines of the policy that let them, and the smallest change that mends it. Without --organization it is proved\n"
      "for the organization in which the policy is easiest to get through. Exit code 0: every guarantee holds, 1: one\n"
      "does not, 2: it could not be run, or the policy names a team, seat or organization that the organization file\n"
      "does not have, or asks for more people than there are. Asks no server.\n\n"
      "With --model: computes what an attacker needs by every way there is: the minimal sets of things that take\n"
      "each account, at the front door and by recovery; whether recovery is easier than the front door; how many\n"
      "people can do it together; whether the holder can be locked out; where a policy's tables have gaps.\n"
      "Prints JSON on standard output. The model, too, is JSON:\n\n"
      R"(  {"schema": "sallyport-prover/1", "name": "reset by text message",)"
      "\n"
      R"(   "atoms":    [{"id": "password", "level": 1}, {"id": "handset", "level": 3}, {"id": "number", "level": 2}],)"
      "\n"
      R"(   "persons":  [{"id": "alice"}],)"
      "\n"
      R"(   "nodes":    {"reset": {"or": ["number", "handset"]},)"
      "\n"
      R"(                "control": {"or": [{"and": ["password", "handset"]}, "reset"]}},)"
      "\n"
      R"(   "recovery": ["reset"],)"
      "\n"
      R"(   "accounts": [{"id": "alice", "owner": "alice", "target": "control"}]})"
      "\n\n"
      "Of this one it says \"violated\": the number alone is enough, and easier than password and handset.\n"
      "Every field, and what each answer means: docs/prover.md.\n"
      "Exit code 0: the answers are printed, whatever they say, for a model promises nothing; 2: the model is\n"
      "malformed or too large, and everything wrong with it is on standard error.");
  auto* file = prove->add_option("FILE", p.prove.policy, "policy, YAML");
  auto* people = prove->add_option("--organization", p.prove.organization, "whom it is for, YAML (docs/prover.md)");
  people->needs(file);
  auto* accounts =
      prove
          ->add_option("--accounts", p.prove.accounts,
                       "prove it for these accounts, one JSON object a line, and the people of --organization")
          ->needs(people);
  prove->add_option("--model-out", p.prove.model_out, "write the model that was proved, JSON")
      ->needs(file)
      ->excludes(accounts);
  prove->add_option("--graph", p.prove.graph_out, "write who can reach what: DOT, or JSON when it ends in .json")
      ->needs(file)
      ->excludes(accounts);
  prove
      ->add_option("--certificate", p.prove.certificate_out,
                   "when everything holds, write a certificate for `sallyport-audit proof`, JSON: of the kinds of "
                   "accounts of --organization, or of the assumed ones, and so not with --accounts")
      ->needs(file);
  prove->add_flag("!--no-repair", p.prove.repair, "do not look for a change that mends it")->needs(file);
  prove->add_option("--model", p.model, "model, JSON, at most 10 MiB")->excludes(file);
}

// What works on files and asks no server. Exit codes: 0 fine, 1 the answer is no, 2 it could not be run.
void add_policy_files(Words& words, CLI::App* policy, Parsed& p) {
  auto* check =
      words.command_with_status(policy, "check", "Load a policy here, or say all that is wrong with it", check_examples,
                                [&p](Terminal& t) { return command_policy_check(t, p.check); });
  check->description(
      "Everything wrong with a policy at once, each with its line and what would be right; and what loads and does\n"
      "nothing: a rule that never fires, a hold that never runs. With --organization also whatever it names that is\n"
      "not there. Exit code 0: nothing to mend, 1: something, 2: it could not be run. Asks no server.");
  check->add_option("FILE", p.check.files, "policies, YAML")->required();
  check->add_option("--organization", p.check.organization,
                    "hold each against these people and accounts, YAML (docs/prover.md)");
  auto* test =
      words.command_with_status(policy, "test", "Decide the cases of a file, and compare with what they expect",
                                test_examples, [&p](Terminal& t) { return command_policy_test(t, p.files); });
  test->description(
      "Decides each case of a file as the server would, and compares with what its author expects. Exit code 0: all\n"
      "are as expected, 1: one is not, 2: it could not be run. What a file of cases holds: docs/policy_language.md,\n"
      "section 9. Asks no server.");
  test->add_option("FILE", p.files, "files of cases, YAML; each names its policy")->required();
  auto* diff =
      words.command_with_status(policy, "diff", "Who is affected by a change of policy, and in which direction?",
                                diff_examples, [&p](Terminal& t) { return command_policy_diff(t, p.diff); });
  diff->description(
      "Asks both policies about every kind of request that their conditions can tell apart, and says for which\n"
      "classes and actions the second asks for less or for more, with an example each; and which settings\n"
      "differ that no request shows: signals, notices, limits, front doors, guarantees. Exit code 0 when it only\n"
      "tightens, or asks the same; 1 when anything becomes easier, or there are too many kinds to ask about all; 2\n"
      "when it could not be run. Asks no server.");
  diff->add_option("OLD", p.diff.before, "policy, YAML")->required();
  diff->add_option("NEW", p.diff.after, "policy, YAML")->required();
  diff->add_option("--organization", p.diff.organization,
                   "also prove both for these people and accounts, and tell what an attacker needs then and now");
  auto* fmt = words.command_with_status(policy, "fmt", "Tidy the white space of policy files", fmt_examples,
                                        [&p](Terminal& t) { return command_policy_fmt(t, {p.files, p.wait}); });
  fmt->add_option("FILE", p.files, "policies, YAML")->required();
  fmt->add_flag("--check", p.wait, "write nothing; exit code 1 when a file is not tidy");
}

void add_policy(Words& words, Parsed& p) {
  auto* policy = words.group("policy", "What each account and action needs");
  add_policy_files(words, policy, p);
  auto* propose = words.command_with_status(
      policy, "propose", "Prove a policy, and ask two operators to put it in force", propose_examples,
      [&p](Terminal& t) { return command_policy_propose(p.global, t, p.propose); });
  propose->description(
      "Proves the policy here and at the server; one that does not keep its guarantees, or does not guarantee that\n"
      "recovery is never easier than signing in, is not taken. It is in force once two operators other than you have\n"
      "approved it (sallyport change approve). A policy that was in force before does not come back. Exit code 2: one\n"
      "of the files is wrong, or they do not fit each other; else as `sallyport --help` says.");
  propose->add_option("FILE", p.propose.policy, "policy, YAML")->required();
  propose->add_option("--organization", p.propose.organization,
                      "whom it is proved for, YAML (docs/prover.md); else the assumed organization");
  need_key(propose, p.propose.key);
  words.command(policy, "show", "Print the policy in force", show_examples,
                [&p](Terminal& t) { return command_policy_show(p.global, t); });
  auto* explain = words.command_with_status(policy, "explain", "What would this account and action need, and why?",
                                            explain_examples, [&p](Terminal& t) -> Answer<int> {
                                              if (!p.file.empty())
                                                return command_policy_try(t, p.file, p.action, p.facts);
                                              if (p.account.empty())
                                                return nothing_named(t, "neither an account nor a policy is named",
                                                                     "add --account LOGIN, or --policy FILE");
                                              return command_policy_explain(p.global, t, p.account, p.action);
                                            });
  explain->description(
      "Asks the server about an account of its directory (--account), or tries a policy file on a made-up request\n"
      "and asks no server (--policy, with what is known of the request as --fact NAME=VALUE; what is not said is not\n"
      "known, and that tightens). Exit code 0: so much is needed, 1: the request is refused, 2: it could not be\n"
      "asked or tried.");
  auto* account = explain->add_option("--account", p.account, "login of the account");
  auto* from_file = explain->add_option("--policy", p.file, "policy, YAML, to try instead")->excludes(account);
  explain->add_option("--fact", p.facts, "account.admin=true, account.groups=Finance,Staff, ...")->needs(from_file);
  explain->add_option("--action", p.action, "action")->required()->check(CLI::IsMember(action_names()));
  add_policy_prove(words, policy, p);
}

void add_audit(Words& words, Parsed& p) {
  auto* audit = words.group("audit", "Take the ledger home, and check it (see also: sallyport-audit)");
  vkey(words.command(audit, "checkpoint", "Print the latest signed checkpoint, once its signature is verified",
                     "sallyport audit checkpoint > today.checkpoint",
                     [&p](Terminal& t) { return command_audit_checkpoint(p.global, t, p.key); }),
       p);
  auto* out = words.command(audit, "export", "Download the ledger into one file for sallyport-audit",
                            "sallyport audit export ledger.sallyport", [&p](Terminal& t) {
                              if (p.bundle.case_id.empty())
                                return command_audit_export(p.global, t, p.key, p.file, p.since);
                              p.bundle.key = p.key;
                              p.bundle.out = p.file;
                              return command_audit_bundle(p.global, t, p.bundle);
                            });
  out->description(
      "Downloads the ledger into one file. With --case, writes a bundle instead: one case alone, with what is needed "
      "to\n"
      "rule on it again, the proofs, and a page to read. `sallyport-audit verify` takes either.");
  out->add_option("OUT", p.file, "file to write")->required();
  auto* of_case = out->add_option("--case", p.bundle.case_id, "write the bundle of this case");
  out->add_option("--from", p.bundle.ledger, "take it out of this ledger file, not from the server; needs --key")
      ->needs(of_case);
  out->add_option("--cosigned", p.since, "file of a checkpoint that `audit cosign` wrote, to go into the file")
      ->excludes(of_case);
  vkey(out, p);
  auto* cosign = words.command(audit, "cosign", "Have witnesses cosign the latest checkpoint, and keep it",
                               "sallyport audit cosign today.checkpoint --key KEY --witness "
                               "https://witness.example.org/w1 --witness-key WKEY",
                               [&p](Terminal& t) { return command_audit_cosign(p.global, t, p.cosign); });
  cosign->add_option("OUT", p.cosign.out, "file to write")->required();
  cosign->add_option("--key", p.cosign.key, "verifier key of the ledger")->required();
  cosign->add_option("--witness", p.cosign.urls, "address of a witness (C2SP tlog-witness); may be repeated")
      ->required();
  cosign->add_option("--witness-key", p.cosign.keys, "its key; as often, in the same order")->required();
  cosign->add_option("--witness-ca", p.cosign.witness_ca, "authorities of the witnesses, PEM; else the system's");
  auto* monitor = words.command(audit, "monitor", "Follow the ledger, and tell when it is not what it was",
                                "sallyport audit monitor --key KEY --state seen.json --hashes-only",
                                [&p](Terminal& t) { return command_audit_monitor(p.global, t, p.monitor); });
  monitor->description(
      "Reads the log under /log/ again and again and raises an alarm when it was rolled back or forked, when a\n"
      "signature does not verify, when an entry breaks a rule, or when it cannot be read or stands still for too "
      "long.\n"
      "What was seen is kept in a file. With --once the exit code is 1 when an alarm was raised.");
  monitor->add_option("--key", p.monitor.key, "verifier key of the ledger")->required();
  monitor->add_option("--state", p.monitor.state, "file of what was seen; made when it is not there")->required();
  monitor->add_flag("--hashes-only", p.monitor.hashes_only,
                    "needs no session: entries are not read and not ruled upon");
  monitor->add_option("--every", p.monitor.every_s, "seconds between rounds (10)")->check(CLI::Range(1, 3600));
  monitor->add_option("--unreachable-after", p.monitor.unreachable_after_s, "seconds until that is an alarm (30)");
  monitor->add_option("--still-after", p.monitor.still_after_s,
                      "seconds without a new entry until that is an alarm (0: it may stand still)");
  monitor->add_option("--command", p.monitor.command, "program to run with each alarm: its kind and its text");
  auto* once = monitor->add_flag("--once", p.monitor.once, "one round");
  monitor->add_flag("--stop-at-alarm", p.monitor.stop_at_alarm, "end with the first alarm")->excludes(once);
  auto* alerts = words.command(audit, "alerts", "What somebody should look at, found in the ledger",
                               "sallyport audit alerts ledger.sallyport --key VKEY",
                               [&p](Terminal& t) { return command_audit_alerts(p.global, t, p.alerts); });
  alerts->description(
      "Reads the ledger (a file that `audit export` wrote, or the server's) and lists what somebody should look at: a\n"
      "closed list of alerts, each with the entries that it rests on, the next step, and what it does not mean. "
      "Alerts\n"
      "decide nothing, and are found in the entries alone: whoever has the ledger finds the same ones.");
  alerts->add_option("LEDGER", p.alerts.ledger.file, "file; without it the server's ledger is read");
  alerts->add_option("--key", p.alerts.ledger.key, "the ledger's verifier key (name+id+base64); a file needs it");
  alerts->add_option("--case", p.alerts.case_id, "of this case alone");
  auto* prove =
      words.command(audit, "prove", "Verify that an entry is in the signed ledger", "sallyport audit prove 17",
                    [&p](Terminal& t) { return command_audit_prove(p.global, t, p.key, p.number); });
  prove->add_option("INDEX", p.number, "the entry, from 0")->required();
  vkey(prove, p);
  auto* consistency = words.command(audit, "consistency", "Verify that an earlier ledger is the beginning of today's",
                                    "sallyport audit consistency --since yesterday.checkpoint", [&p](Terminal& t) {
                                      return p.since.empty() ? command_audit_consistency_from(p.global, t, p.number)
                                                             : command_audit_consistency(p.global, t, p.key, p.since);
                                    });
  auto* which = consistency->add_option_group("from where");
  which->add_option("--since", p.since, "file with an earlier checkpoint, as `audit checkpoint` printed it");
  which->add_option("--from", p.number, "a size; prints the proof unverified");
  which->require_option(1);
  vkey(consistency, p);
}

void add_directory_options(CLI::App* init, Parsed& p) {
  auto* ldap = init->add_option("--ldap-url", p.ldap.url, "ldaps://HOST[:PORT]");
  for (auto* option : {init->add_option("--ldap-ca", p.ldap.ca_file, "PEM of the authority to trust"),
                       init->add_option("--ldap-bind-dn", p.ldap.bind_dn, "the account Sallyport acts with"),
                       init->add_option("--ldap-bind-password-file", p.ldap.bind_password_file,
                                        "its password, first line (mode 0600)"),
                       init->add_option("--ldap-people", p.ldap.people_base, "where accounts are")}) {
    option->needs(ldap);
    ldap->needs(option);
  }
  init->add_option("--ldap-groups", p.ldap.groups_base, "where groups are; else memberOf is read")->needs(ldap);
  init->add_option("--embedded-seed", p.embedded.seed_file, "instead of LDAP: accounts of the embedded directory, JSON")
      ->excludes(ldap);
  init->add_option("--embedded-kdf-iterations", p.embedded.kdf_iterations,
                   "of its password hashing; the default fits the environment")
      ->check(CLI::Range(1U, 10'000'000U))
      ->excludes(ldap);
  init->add_option("--admin-group", p.init.admin_groups, "members are administrators; may be repeated");
  init->add_option("--executive-group", p.init.executive_groups, "members are executives; may be repeated");
}

void add_operation(Words& words, Parsed& p, const Operations& operations) {
  auto* init = words.command_with_status(
      nullptr, "init", "Make a site's folder: keys, configuration, an empty ledger",
      "sallyport init site --embedded-seed people.json --environment demo --smtp smtp://127.0.0.1:2525 --mail-from "
      "recovery@example.org --root root --root-registration root.key.registration.json",
      [&p, &operations](Terminal&) -> Answer<int> {
        if (p.ldap.url.empty() && p.embedded.seed_file.empty())
          return std::unexpected(Problem(
              Fault{FaultKind::invalid, "no directory is named", "add --ldap-url ... or --embedded-seed FILE"}));
        if (p.ldap.url.empty()) p.init.directory = p.embedded;
        else p.init.directory = p.ldap;
        return operations.init(p.init);
      });
  init->add_option("DIR", p.init.folder, "folder to make")->required();
  init->add_option("--environment", p.init.environment, "production, or demo, which accepts software passkeys")
      ->check(CLI::IsMember({"demo", "production"}))
      ->capture_default_str();
  init->add_option("--organization", p.init.organization, "id of the organization")->capture_default_str();
  init->add_option("--rp-id", p.init.rp_id, "WebAuthn relying party: the host people type")->capture_default_str();
  init->add_option("--origin", p.init.origin, "WebAuthn origin")->capture_default_str();
  init->add_option("--listen", p.init.listen, "address and port to serve on")->capture_default_str();
  auto* certificate =
      init->add_option("--tls-certificate", p.init.tls_certificate_file, "PEM chain; none: self-made, in a demo");
  auto* key = init->add_option("--tls-key", p.init.tls_key_file, "PEM key")->needs(certificate);
  certificate->needs(key);
  add_directory_options(init, p);
  init->add_option(
      "--account-mail-domain", p.init.account_mail_domains,
      "mailboxes there are opened with the very accounts, so codes mailed there do not count; may be repeated");
  init->add_option("--smtp", p.init.smtp_url, "mail server: smtps://HOST:465")->required();
  init->add_option("--smtp-ca", p.init.smtp_ca_file, "PEM of the authority to trust; else the system's");
  init->add_option("--smtp-user", p.init.smtp_username, "login at the mail server");
  init->add_option("--smtp-password-file", p.init.smtp_password_file, "its password, first line (mode 0600)");
  init->add_option("--mail-from", p.init.mail_from, "sender's address")->required();
  init->add_option("--root", p.init.root_id, "id of the first operator")->required();
  init->add_option("--root-registration", p.init.root_registration_file, "their passkey's registration")->required();
  init->add_option("--root-person", p.init.root_person,
                   "their employee number, so that nobody recovers their own account");

  auto* up = words.command_with_status(
      nullptr, "up", "Run a site: the server and the executor", "sallyport up site",
      [&p, &operations](Terminal&) -> Answer<int> { return operations.up({p.folder, p.clock_is}); });
  up->add_option("DIR", p.folder, "folder that init made")->required();
  up->add_option("--clock-is", p.clock_is, "what another clock shows: the machine's is right, though somebody set it");
  auto* rebuild = words.command_with_status(
      nullptr, "rebuild", "Make every table anew from the ledger; the site must be down", "sallyport rebuild site",
      [&p, &operations](Terminal&) -> Answer<int> { return operations.rebuild({p.folder}); });
  rebuild->add_option("DIR", p.folder, "folder that init made")->required();

  auto* demo = words.command(nullptr, "demo", "A site on this machine: one recovery, three attacks, one audit",
                             "sallyport demo --embedded --exit", [&p](Terminal& t) { return command_demo(t, p.demo); });
  demo->add_flag("--embedded", p.demo.embedded, "use the embedded directory instead of OpenLDAP");
  demo->add_flag("--slow", p.demo.slow, "wait for Enter between the steps");
  demo->add_flag("--exit", p.demo.exit, "stop everything at the end");
  demo->add_option("--folder", p.demo.folder, "where to put everything; else a temporary folder");
  demo->add_option("--ldap-env", p.demo.ldap_env, "settings that tests/servers/openldap.sh printed");
  demo->add_option("--policy", p.demo.policy, "policy to put in force; else examples/policies/demo.yaml");
}

int finish(Terminal& terminal, const Answer<int>& answer) {
  int status = answer ? *answer : static_cast<int>(exit_code_of(answer.error()));
  if (!answer) terminal.fail(answer.error());
  // A full disk behind a redirection must not look like success.
  if (std::fflush(stdout) != 0 && status == 0) status = static_cast<int>(ExitCode::other);
  return status;
}

}  // namespace

int run_command_line(int argc, char** argv, const Operations& operations) {
  Parsed p;
  CLI::App app(about, "sallyport");
  app.fallthrough();  // --json and its like may stand after the command as well
  app.require_subcommand(1);
  app.footer(exit_codes);
  app.set_version_flag("--version", "sallyport 0.1.0");
  app.add_option("--server", p.global.server, "https://HOST:PORT; else $SALLYPORT_SERVER, or where you signed in");
  app.add_option("--ca", p.global.ca_file, "PEM of the authority to trust; else $SALLYPORT_CA, or the system's");
  app.add_option("--token-file", p.global.token_file, "session to use; else the one kept in --home");
  app.add_option("--home", p.global.home, "where sessions are kept; else $SALLYPORT_HOME, or ~/.config/sallyport");
  app.add_flag("--json", p.global.json, "print the server's JSON; errors as JSON on standard error");
  Words words(app, p);
  add_cases(words, p);
  add_signals(words, p);
  add_sessions(words, p);
  add_staff(words, p);
  add_change(words, p);
  add_story(words, p);
  add_drill(words, p);
  add_policy(words, p);
  add_audit(words, p);
  add_operation(words, p, operations);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  Terminal terminal(p.global.json);
  return finish(terminal, p.chosen(terminal));
}

}  // namespace sallyport::cli
