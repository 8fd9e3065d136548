// Property: any text gives problems that name their place and a next step, or a story that can be played, or whose
// world cannot be. Playing never crashes, whatever the story says.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/stories/play.h"

namespace {

sallyport::ProposePolicy proved_policy() {
  using namespace sallyport;
  ProposePolicy out;
  out.text =
      "policy: fuzz\nlanguage: 1\nsignals:\n  totp: {rests_on: [handset], enrolled_for: 3d}\n"
      "  mail_code: {rests_on: [mailbox], kind: issued}\n  passkey: {rests_on: [device], strength: strong}\n"
      "tiers:\n  one: {signals: 1}\n  standard: {signals: 2, approvers: [{at_least: 1, role: approver}]}\n"
      "  guarded: {signals: 2, approvers: [{at_least: 2, role: approver}], hold: {for: 1h}}\n"
      "classes: [{name: admins, when: \"account.admin\", floor: guarded}, {name: staff}]\n"
      "front_door: {staff: [[password]], admins: [[password]]}\n"
      "actions: {unlock: one, password_reset: standard, mfa_reset: guarded}\n"
      "guarantees: [{recovery_not_weaker_than_sign_in: all}]\n";
  const auto proved = prove_for_proposal(out.text, "");
  SALLYPORT_ASSERT(proved.has_value() && proved->has_value());
  out.certificate = (*proved)->certificate;
  out.checked = (*proved)->checked;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  static const auto policy = proved_policy();
  const auto story = stories::read_story(text_of({data, size}));
  if (!story) {
    for (const auto& p : story.error()) SALLYPORT_ASSERT(p.line > 0 && p.column > 0 && !p.next_step.empty());
    return 0;
  }
  static const auto known = Policy::check(policy.text).policy;
  for (const auto& p : stories::names_unknown_to(*story, *known))
    SALLYPORT_ASSERT(p.line > 0 && p.column > 0 && !p.next_step.empty());
  if (story->lines.size() > 30 || story->people.size() > 10) return 0;  // slow, and nothing new
  const auto played = stories::play(*story, policy, [](const std::string&) { return &policy; });
  if (!played) {
    SALLYPORT_ASSERT(played.error().kind == FaultKind::invalid);
    return 0;
  }
  SALLYPORT_ASSERT(stories::diagram_of(*story, *played).starts_with("sequenceDiagram\n"));
  (void)stories::to_json(*story, *played);
  // Whatever was allowed and refused on the way, what was written down is sound; but not what was forged.
  const auto forged = [](const auto& line) { return std::holds_alternative<stories::Forges>(line.deed); };
  if (played->surprise && std::ranges::none_of(story->lines, forged))
    SALLYPORT_ASSERT(played->surprise->text != "the ledger");
  return 0;
}
