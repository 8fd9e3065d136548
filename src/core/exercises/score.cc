#include "core/exercises/score.h"

#include <algorithm>

namespace sallyport {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

// Walks one case, and counts for everybody who had a hand in it.
class Walk {
 public:
  Walk(ExerciseScore& score, const OrganizationState& organization, const CaseId& id)
      : all_(score), org_(organization) {
    case_.id = id;
  }

  void take(Instant at, const CaseEvent& event) {
    at_ = at;
    std::visit(Overloaded{[&](const CaseOpened& e) { opened(e); }, [&](const ClaimantJoined&) { first(case_.joined); },
                          [&](const EvidenceRecorded& e) {
                            if (e.evidence.attested_by && e.evidence.result == EvidenceResult::passed)
                              count(*e.evidence.attested_by, [](Tally& t) { ++t.attested; });
                          },
                          [&](const IdentityVerified&) { verified(); },
                          [&](const ApprovalRecorded& e) {
                            first(case_.approved);
                            count(e.by, [](Tally& t) { ++t.approved; });
                          },
                          [&](const ActionPermitted&) {
                            first(case_.permitted);
                            case_.far = HowFar::let_through;
                          },
                          [&](const RefusalRecorded& e) { refused(e); },
                          [&](const HolderObjected& e) { flagged(Flag::objected, e.heard_by); },
                          [&](const CaseClosed& e) { closed(e); }, [](const auto&) {}},
               event);
  }

  [[nodiscard]] CaseScore result() const { return case_; }

 private:
  [[nodiscard]] Duration since() const { return at_ - opened_at_; }
  void first(std::optional<Duration>& step) const {
    if (!step) step = since();
  }
  [[nodiscard]] TeamId team_of(const StaffId& id) const {
    if (id == agent_) return case_.agent_team;  // as it was then
    const auto* member = org_.member(id);
    return member == nullptr ? TeamId() : member->team;
  }
  void count(const StaffId& id, const auto& add) {
    add(all_.teams[team_of(id).text()]);
    add(all_.persons[id.text()]);
  }

  void opened(const CaseOpened& e) {
    opened_at_ = at_;
    agent_ = e.requested_by;
    case_.agent_team = e.request.agent_team;
    count(agent_, [](Tally& t) { ++t.opened; });
  }
  void verified() {
    if (!case_.verified) count(agent_, [](Tally& t) { ++t.verified; });
    first(case_.verified);
    if (case_.far == HowFar::door_one) case_.far = HowFar::door_two;
  }
  void refused(const RefusalRecorded& e) {
    const auto by = StaffId::parse(e.by);
    if (e.by == "claimant") ++all_.claimant[e.code];
    else if (by && (*by == agent_ || org_.member(*by) != nullptr)) count(*by, [&](Tally& t) { ++t.refusals[e.code]; });
  }
  void flagged(Flag how, const std::optional<StaffId>& by) {
    if (!case_.flagged) case_.flagged = CaseScore::Flagged{how, by ? team_of(*by) : TeamId(), since()};
    if (!by) return;
    count(*by, [&](Tally& t) {
      ++t.flagged;
      t.flagged_after = std::min(t.flagged_after.value_or(since()), since());
    });
  }
  void closed(const CaseClosed& e) {
    first(case_.closed);
    const auto by = StaffId::parse(e.by);
    if (!by || e.by == holder_of_account) return;  // the objection before it is counted
    if (e.result == CaseResult::denied) flagged(Flag::denied, by);
    if (e.result == CaseResult::cancelled) flagged(Flag::cancelled, by);
  }

  ExerciseScore& all_;
  const OrganizationState& org_;
  CaseScore case_;
  StaffId agent_;
  Instant opened_at_, at_;
};

Json seconds_of(const std::optional<Duration>& span) { return span ? Json(span->milliseconds / 1000) : Json(); }
Json id_or_null(const std::string& id) { return id.empty() ? Json() : Json(id); }

Json to_json(const RefusalCounts& refusals) {
  Json out = Json::object();
  for (const auto& [code, count] : refusals) out.set(to_string(code), Json(count));
  return out;
}

Json to_json(const CaseScore& c) {
  Json flagged;
  if (c.flagged)
    flagged = Json::object({{"how", to_string(c.flagged->how)},
                            {"team", id_or_null(c.flagged->by.text())},
                            {"after_s", seconds_of(c.flagged->after)}});
  return Json::object({{"case", c.id.text()},
                       {"team", id_or_null(c.agent_team.text())},
                       {"far", to_string(c.far)},
                       {"joined_after_s", seconds_of(c.joined)},
                       {"verified_after_s", seconds_of(c.verified)},
                       {"approved_after_s", seconds_of(c.approved)},
                       {"permitted_after_s", seconds_of(c.permitted)},
                       {"closed_after_s", seconds_of(c.closed)},
                       {"flagged", std::move(flagged)}});
}

Json to_json(std::string_view label, const std::map<std::string, Tally>& tallies) {
  Json list = Json::array();
  for (const auto& [who, t] : tallies)
    list.push(Json::object({{std::string(label), id_or_null(who)},
                            {"opened", Json(t.opened)},
                            {"verified", Json(t.verified)},
                            {"attested", Json(t.attested)},
                            {"approved", Json(t.approved)},
                            {"flagged", Json(t.flagged)},
                            {"flagged_after_s", seconds_of(t.flagged_after)},
                            {"refusals", to_json(t.refusals)}}));
  return list;
}

}  // namespace

std::string_view to_string(HowFar far) noexcept {
  switch (far) {
    case HowFar::door_one: return "door_one";
    case HowFar::door_two: return "door_two";
    case HowFar::let_through: return "let_through";
  }
  return "";
}

std::string_view to_string(Flag flag) noexcept {
  switch (flag) {
    case Flag::denied: return "denied";
    case Flag::cancelled: return "cancelled";
    case Flag::objected: return "objected";
  }
  return "";
}

HowFar ExerciseScore::far() const noexcept {
  HowFar worst = HowFar::door_one;
  for (const auto& c : cases) worst = std::max(worst, c.far);
  return worst;
}

bool ExerciseScore::flagged() const noexcept {
  return std::ranges::any_of(cases, [](const CaseScore& c) { return c.flagged.has_value(); });
}

ExerciseScore score_of(const std::vector<CaseHistory>& cases, const OrganizationState& organization) {
  ExerciseScore out;
  for (const auto& history : cases) {
    Walk walk(out, organization, history.id);
    for (const auto& [at, event] : history.events) walk.take(at, event);
    out.cases.push_back(walk.result());
  }
  return out;
}

Json to_json(const ExerciseScore& score, Whom whom) {
  Json cases = Json::array();
  for (const auto& c : score.cases) cases.push(to_json(c));
  Json out = Json::object({{"far", to_string(score.far())},
                           {"flagged", score.flagged()},
                           {"cases", std::move(cases)},
                           {"teams", to_json("team", score.teams)},
                           {"claimant_refusals", to_json(score.claimant)}});
  if (whom == Whom::persons) out.set("persons", to_json("staff", score.persons));
  return out;
}

}  // namespace sallyport
