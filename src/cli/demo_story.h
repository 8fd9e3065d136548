// The demo's chapters. Each gives a Problem when something did not end as it must: a recovery that
// does not work, or an attack that does.
#pragma once

#include <string>

#include "cli/demo_world.h"
#include "cli/terminal.h"

namespace sallyport::cli {

// Says what comes next, and waits for Enter under --slow.
class Narrator {
 public:
  Narrator(Terminal& terminal, Interruptions& interruptions, bool slow)
      : terminal_(terminal), interruptions_(interruptions), slow_(slow) {}

  void chapter(std::string_view title);
  [[nodiscard]] Answer<void> step(std::string_view what);  // numbered; a Problem once interrupted
  void say(std::string_view text) { terminal_.line(concat("     ", text)); }
  void good(std::string_view text) { terminal_.line(concat("   + ", text), Ink::green); }
  [[nodiscard]] Terminal& terminal() { return terminal_; }

 private:
  Terminal& terminal_;
  Interruptions& interruptions_;
  bool slow_;
  int number_ = 0;
};

[[nodiscard]] Answer<void> tell_recovery(DemoWorld& world, Narrator& narrator, std::string& case_id);
[[nodiscard]] Answer<void> tell_attacks(DemoWorld& world, Narrator& narrator, const std::string& finished_case);
[[nodiscard]] Answer<void> tell_audit(DemoWorld& world, Narrator& narrator, const std::string& case_id);

// Shared by the chapters.
struct OpenCase {
  std::string id;
  Api claimant;
};
[[nodiscard]] Answer<OpenCase> open_and_join(DemoWorld& world, const std::string& login, std::string_view reason);
[[nodiscard]] Answer<void> prove_identity(Api& claimant, const Drawer& drawer, Narrator& narrator);
[[nodiscard]] std::unexpected<Problem> not_as_told(std::string what);

}  // namespace sallyport::cli
