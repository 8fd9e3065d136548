#include "cli/demo.h"

#include <cstdio>

#include "base/text.h"
#include "cli/audit_commands.h"
#include "cli/demo_story.h"
#include "cli/files.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t demo_ledger_bytes_max = 64 * 1024 * 1024;  // the demo's ledger is some hundred kilobytes
constexpr std::size_t shown_lines = 24;  // the auditor's report, with room for a finding or two

void show_output(Narrator& narrator, std::string_view output) {
  for (std::size_t n = 0; n < shown_lines && !output.empty(); ++n) {
    const auto line = output.substr(0, output.find('\n'));
    if (!line.empty()) narrator.say(concat("| ", line));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
  }
  if (!output.empty()) narrator.say("| ...");
}

// One bit of one letter inside the approval that Ada signed.
Result<void> flip_one_byte(const std::string& from, const std::string& to) {
  SP_TRY(auto bytes, read_file(from, demo_ledger_bytes_max));
  const auto at = bytes.find("\"approval_recorded\"");
  if (at == bytes.npos) return fault(FaultKind::not_found, "the exported ledger has no approval");
  bytes[at + 1] = static_cast<char>(bytes[at + 1] ^ 0x01);
  return write_private_file(to, bytes, IfExists::replace);
}

// Where Ada's approval stands in the ledger, by the case's timeline.
Answer<std::string> entry_of_approval(DemoWorld& world, const std::string& case_id) {
  SP_TRY(const auto path, case_path(case_id, "/timeline"));
  SP_TRY(const auto timeline, world.rea().api.get(path));
  SP_TRY(const auto* entries, timeline.array_at("entries"));
  for (const auto& entry : *entries)
    if (shown(entry, "kind") == "approval_recorded") return shown(entry, "index");
  return not_as_told("the case has no approval");
}

Answer<void> show_way_on(DemoWorld& world, Terminal& terminal) {
  const auto home = concat(world.folder(), "/home");
  terminal.line();
  terminal.heading(concat("The server is up at ", world.server(), ", with everything in ", world.folder()));
  terminal.line("In another terminal:");
  for (const auto& command :
       {concat("export SALLYPORT_SERVER=", world.server(), " SALLYPORT_CA=", world.ca(), " SALLYPORT_HOME=", home,
               " PATH=", world.programs(), ":$PATH"),
        concat("sallyport sign-in --staff root --key ", world.person_file("root")),
        std::string("sallyport signal invite zoe.crane   # the mail appears below"),
        std::string("sallyport signal enrol              # as Zoe, with the code from the mail"),
        concat("sallyport sign-in --staff tom --key ", world.person_file("tom")),
        std::string("sallyport case open --account zoe.crane --action password_reset --reason 'trying it out'"),
        std::string("sallyport signal join               # as Zoe, with the join code; then: sallyport signal --help"),
        concat("sallyport sign-in --staff ada --key ", world.person_file("ada")),
        concat("sallyport approve CASE --key ", world.person_file("ada")),
        std::string("sallyport policy explain --account lena.brandt --action password_reset")})
    terminal.line(concat("  ", command));
  terminal.line(
      "Staff: root, una, uwe (operators), tom (agent, approver), ada (approver), rea (reviewer); keys in people/.");
  terminal.line("Mail that would leave the house is printed below. Ctrl-C stops everything.");
  return {};
}

// Shows mail as it comes, until Ctrl-C or the site's end.
Answer<void> stay_up(DemoWorld& world, Terminal& terminal, Interruptions& interruptions) {
  SP_CHECK(show_way_on(world, terminal));
  auto told = world.mail().mails().size();
  while (!interruptions.wait(std::chrono::milliseconds(500))) {
    if (!world.site()->running())
      return std::unexpected(
          Problem(Fault{FaultKind::unavailable, "the site stopped", concat("see ", world.folder(), "/site.log")}));
    const auto mails = world.mail().mails();
    for (; told < mails.size(); ++told) {
      terminal.line();
      terminal.line(concat("Mail to ", mails[told].to, ": ", mails[told].subject), Ink::bold);
      for (std::string_view rest = mails[told].text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        terminal.line(concat("  ", line));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      }
    }
    std::fflush(stdout);
  }
  return {};
}

Answer<void> tell(DemoWorld& world, Narrator& narrator) {
  narrator.chapter("A site");
  SP_CHECK(
      narrator.step("Make a site, start the server and the executor, and appoint staff. Every appointment is signed by "
                    "root's passkey."));
  SP_CHECK(world.start_site());
  narrator.good(concat("up at ", world.server()));
  SP_CHECK(world.appoint_staff());
  narrator.good("una and uwe (operators), tom (agent and approver), ada (approver), rea (reviewer)");
  SP_CHECK(
      narrator.step("Rea proposes a policy. It is proved that recovery is no easier under it than signing in, and two "
                    "operators sign."));
  SP_CHECK(world.activate_policy());
  narrator.good("the policy is in force: proved, proposed by rea, approved by una and by uwe");
  std::string case_id;
  SP_CHECK(tell_recovery(world, narrator, case_id));
  SP_CHECK(tell_attacks(world, narrator, case_id));
  return tell_audit(world, narrator, case_id);
}

}  // namespace

Answer<void> tell_audit(DemoWorld& world, Narrator& narrator, const std::string& case_id) {
  narrator.chapter("An audit");
  const auto ledger = concat(world.folder(), "/ledger.sallyport");
  const auto changed = concat(world.folder(), "/ledger-with-one-byte-changed.sallyport");
  SP_CHECK(narrator.step("Rea takes the ledger home and has it judged offline: every signature, every ruling."));
  SP_TRY(const auto exported, export_ledger(world.rea().api, {}, ledger, [](std::uint64_t, std::uint64_t) {}));
  SP_TRY(const auto opened, world.rea().api.get("/v1/ledger/opened"));
  SP_TRY(const auto genesis, opened.string_at("genesis"));
  const auto verify = [&](const std::string& file) {
    return run_to_end({concat(world.programs(), "/sallyport-audit"), "verify", file, "--key", exported.verifier_key,
                       "--genesis", genesis});
  };
  narrator.say(
      concat("$ sallyport-audit verify ledger.sallyport --key ", exported.verifier_key, " --genesis ", genesis));
  SP_TRY(const auto sound, verify(ledger));
  show_output(narrator, sound.output);
  if (sound.status != 0) return not_as_told("the auditor refuses the ledger");
  narrator.good(concat(exported.entries, " entries: sound"));

  SP_TRY(const auto index, entry_of_approval(world, case_id));
  SP_CHECK(narrator.step(
      concat("Somebody changes one byte of Ada's approval, entry ", index, ", in the file. The same command again:")));
  SP_CHECK(flip_one_byte(ledger, changed));
  SP_TRY(const auto broken, verify(changed));
  show_output(narrator, broken.output);
  if (broken.status == 0) return not_as_told("the auditor does not notice the changed byte");
  if (broken.output.find(concat("entry ", index, " is damaged")) == std::string::npos)
    return not_as_told("the auditor does not name the changed entry");
  narrator.good(concat("noticed: entry ", index, " is named"));
  return {};
}

Answer<void> command_demo(Terminal& terminal, const DemoOptions& options) {
  Interruptions interruptions;  // before the mail server's thread, which then leaves signals to us
  SP_TRY(const auto world, DemoWorld::make(options, interruptions));
  Narrator narrator(terminal, interruptions, options.slow);
  if (auto told = tell(*world, narrator); !told) {
    world->keep_folder();
    terminal.note(concat("What there was is kept in ", world->folder()));
    return told;
  }
  terminal.line();
  terminal.line("One recovery done, three attacks refused, one changed byte noticed.", Ink::green);
  terminal.document(Json::object({{"demo", "passed"}, {"server", world->server()}, {"folder", world->folder()}}));
  std::fflush(stdout);
  return options.exit ? Answer<void>() : stay_up(*world, terminal, interruptions);
}

}  // namespace sallyport::cli
