#include "../tests/harness/story_world.h"

#include <algorithm>

#include "base/assert.h"
#include "core/policy/attester.h"
#include "crypto/base32.h"

namespace sallyport::harness {

using namespace stories;

namespace {

constexpr std::string_view far_off = "2036-01-01T00:00:00.000Z";  // when the operators' appointments end
constexpr std::string_view home = "home";
constexpr std::string_view attester = "attester-of-the-site-who-says-who-claimants-are-number-";

StaffMember member(std::string_view name, std::vector<StaffRole> roles, std::vector<RoleName> seats, const TeamId& team,
                   const OrganizationId& of, std::string_view holder_of) {
  const Stage maker(instant(midnight));
  return maker.person(name, std::move(roles), std::move(seats), team, of,
                      holder_of.empty() ? std::string() : concat("person.", holder_of));
}

StaffMember operator_named(std::string_view name) {
  auto out = member(name, {StaffRole::operator_}, {}, *TeamId::parse("stage"), *OrganizationId::parse(home), "");
  out.ends_at = instant(far_off);
  return out;
}

}  // namespace

StoryWorld::StoryWorld(const Story& story) : site(instant(long_ago), operator_named(operators[0])), story_(story) {}

std::optional<std::string> StoryWorld::set_up(const ProposePolicy& policy) {
  for (const auto name : {operators[1], operators[2]})
    if (auto no = change(operators[0], StaffEnrolled{operator_named(name), {}})) return no;
  for (const auto& account : story_.accounts) {
    furnish(account);
    if (auto no = bind(account.name)) return no;
  }
  for (const auto& line : story_.lines)
    if (const auto* gives = std::get_if<Gives>(&line.deed); gives != nullptr && gives->bound && can_bind(line, *gives))
      to_bind_.emplace(instant(midnight) + line.at - *gives->bound, account_of(line.case_name));
  set_clock(instant(midnight));
  for (const auto& p : story_.people)
    if (auto no = change(operators[0],
                         StaffEnrolled{member(p.name, p.roles, p.seats, *p.team,
                                              p.organization.value_or(*OrganizationId::parse(home)), p.holder_of),
                                       {}}))
      return no;
  if (auto no = change(operators[0], policy)) return no;
  if (auto no = agree({operators[1], operators[2]})) return no;
  for (const auto& signal : site.adjudicator->organization()->policy->signals()) {
    const auto who = sallyport::attester_of(signal);
    if (!who) continue;
    const auto& name = attesters_.emplace(signal.name.text(), concat(attester, attesters_.size())).first->second;
    const auto role = *who == Attester::agent ? StaffRole::agent : StaffRole::voucher;
    auto appointed = member(name, {role}, {}, *TeamId::parse("stage"), *OrganizationId::parse(home), "");
    if (auto no = change(operators[0], StaffEnrolled{std::move(appointed), {}})) return no;
    if (auto no = agree({operators[1]})) return no;
  }
  return std::nullopt;
}

const std::string* StoryWorld::attester_of(const std::string& signal) const {
  const auto found = attesters_.find(signal);
  return found == attesters_.end() ? nullptr : &found->second;
}

PersonId StoryWorld::person_of(const std::string& name) const {
  const auto& person = *std::ranges::find(story_.people, name, &Person::name);
  return person_id(person.holder_of.empty() ? name : person.holder_of);
}

void StoryWorld::furnish_another(const std::string& name) {
  Account another;
  another.name = name;
  furnish(another);
}

bool StoryWorld::can_bind(const Line& line, const Gives& gives) {
  if (gives.bound_unknown || gives.own_mailbox) return false;
  return !gives.bound || instant(midnight) + line.at - *gives.bound >= instant(long_ago);
}

void StoryWorld::set_clock(Instant to) {
  while (!to_bind_.empty() && to_bind_.begin()->first <= to) {
    site.clock.at = std::max(site.clock.at, to_bind_.begin()->first);
    const auto no = bind(to_bind_.begin()->second);
    SALLYPORT_ASSERT(!no);
    to_bind_.erase(to_bind_.begin());
  }
  site.clock.at = to;
}

void StoryWorld::furnish(const Account& a) {
  AccountFacts facts;
  facts.directory = *DirectoryId::parse("corp");
  facts.account = *AccountId::parse(a.name);
  facts.holder = person_id(a.name);
  facts.organization = a.organization.value_or(*OrganizationId::parse(home));
  facts.admin = a.admin;
  facts.executive = a.executive;
  facts.active = a.active;
  facts.locked = a.locked;
  facts.employment = a.employment;
  facts.groups = a.groups;
  if (!a.manager.empty()) facts.manager = person_of(a.manager);
  const bool own = std::ranges::any_of(story_.lines, [&](const Line& line) {
    const auto* gives = std::get_if<Gives>(&line.deed);
    return gives != nullptr && gives->own_mailbox && account_of(line.case_name) == a.name;
  });
  const auto mail = concat(a.name, "@", own ? MemorySite::own_mail_domain : std::string_view("post.example"));
  site.directory.accounts[a.name] = {facts, mail, "", "first password", 1};
}

std::optional<std::string> StoryWorld::bind(const std::string& account) {
  const auto record = site.directory.find_by_login(account, site.clock.at);
  if (!record) return record.error().what;
  const auto invited = answer_of<Result<Ruling<Instant>>>(
      [&](auto done) { site.desk.invite(*record, staff_id(operators[0]), std::move(done)); });
  if (heard(invited) != allowed) return heard(invited);
  auto enrolled = answer_of<Result<Ruling<Enrolled>>>(
      [&](auto done) { site.desk.enrol(site.mail.code_for(record->mail), std::move(done)); });
  if (heard(enrolled) != allowed) return heard(enrolled);
  auto& drawer = drawers_[account];
  drawer.seed = *from_base32(text_of((*enrolled)->totp_base32.reveal()));
  drawer.codes.clear();
  for (const auto& code : (*enrolled)->recovery_codes) drawer.codes.emplace_back(text_of(code.reveal()));
  return std::nullopt;
}

std::optional<std::string> StoryWorld::agree(std::initializer_list<std::string_view> names) {
  const auto number = site.adjudicator->organization()->changes;
  for (const auto name : names) {
    if (!site.adjudicator->organization()->open.contains(number)) return std::nullopt;
    if (auto no = change(name, ChangeApproved{number, {}})) return no;
  }
  return std::nullopt;
}

const std::string& StoryWorld::account_of(const std::string& case_name) const {
  const auto found = std::ranges::find_if(story_.lines, [&](const Line& line) {
    return line.case_name == case_name && std::holds_alternative<Opens>(line.deed);
  });
  SALLYPORT_ASSERT(found != story_.lines.end());  // the reader takes no case that was not opened
  return std::get<Opens>(found->deed).account;
}

}  // namespace sallyport::harness
