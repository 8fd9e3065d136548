#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <span>

#include "base/json.h"
#include "base/text.h"
#include "core/policy/fields.h"
#include "core/policy/signals.h"
#include "core/stories/ends.h"
#include "core/stories/story.h"

namespace sallyport::stories {
namespace {

constexpr std::size_t problems_max = 20;
constexpr Duration span_max = days(3650);
constexpr std::size_t name_length_max = 48;  // "person." and this have to fit into an id

// A word or a quoted text of a line, and where it stands.
struct Word {
  std::string text;
  std::size_t column = 1;
  bool quoted = false;
};

// The rest of a line, word by word. A comma, a semicolon and a colon are words of their own.
class Words {
 public:
  Words(std::string_view line, std::size_t from, std::size_t number) : number_(number) {
    std::size_t i = from;
    while (i < line.size()) {
      if (line[i] == ' ') {
        ++i;
        continue;
      }
      const auto begin = i;
      if (line[i] == '"') {
        const auto end = line.find('"', i + 1);
        open_quote_ = end == line.npos;
        words_.push_back({std::string(line.substr(i + 1, open_quote_ ? line.npos : end - i - 1)), begin + 1, true});
        i = open_quote_ ? line.size() : end + 1;
      } else if (ends_word(line, i)) {
        words_.push_back({std::string(1, line[i++]), begin + 1, false});
      } else {
        while (i < line.size() && line[i] != ' ' && line[i] != '"' && !ends_word(line, i)) ++i;
        words_.push_back({std::string(line.substr(begin, i - begin)), begin + 1, false});
      }
    }
    end_.column = line.size() + 1;
  }

  [[nodiscard]] bool done() const { return next_ == words_.size(); }
  [[nodiscard]] const Word& peek() const { return done() ? end_ : words_[next_]; }
  const Word& take() { return done() ? end_ : words_[next_++]; }
  [[nodiscard]] bool is(std::string_view text) const { return !done() && !peek().quoted && peek().text == text; }
  bool take_if(std::string_view text) {
    if (!is(text)) return false;
    ++next_;
    return true;
  }
  // All of these words, or none.
  bool take_if(std::initializer_list<std::string_view> texts) {
    auto at = next_;
    for (const auto text : texts)
      if (at == words_.size() || words_[at].quoted || words_[at++].text != text) return false;
    next_ = at;
    return true;
  }
  [[nodiscard]] std::size_t line() const { return number_; }
  [[nodiscard]] bool open_quote() const { return open_quote_; }

 private:
  static bool is_mark(char c) { return c == ',' || c == ';'; }
  // A colon ends a word unless digits follow: 09:00 is one word.
  static bool ends_word(std::string_view line, std::size_t i) {
    if (is_mark(line[i])) return true;
    return line[i] == ':' && (i + 1 == line.size() || line[i + 1] == ' ');
  }

  std::vector<Word> words_;
  Word end_;
  std::size_t next_ = 0;
  std::size_t number_;
  bool open_quote_ = false;
};

template <typename Enum>
std::vector<std::string_view> names_of_all() {
  std::vector<std::string_view> out;
  for (const auto value : EnumValues<Enum>::all) out.push_back(to_string(value));
  return out;
}

constexpr std::array<std::pair<std::string_view, CaseIs::What>, 11> case_words{{
    {"verifying", CaseIs::What::verifying},
    {"approving", CaseIs::What::approving},
    {"permitted", CaseIs::What::permitted},
    {"executing", CaseIs::What::executing},
    {"unknown", CaseIs::What::unknown},
    {"done", CaseIs::What::done},
    {"failed", CaseIs::What::failed},
    {"cancelled", CaseIs::What::cancelled},
    {"expired", CaseIs::What::expired},
    {"denied", CaseIs::What::denied},
    {"unopened", CaseIs::What::unopened},
}};

// How somebody gets in touch, how they are heard, and what they are to the house. Whatever else it may be stands in
// quotes, so that a slip of the pen is not taken for a word of its own.
constexpr std::array<std::string_view, 7> channels{"phone", "chat",    "mail",        "messenger",
                                                   "video", "walk_in", "self_service"};
constexpr std::array<std::string_view, 8> ways_to_hear{"callback", "notice", "phone",   "chat",
                                                       "mail",     "push",   "manager", "letter"};
constexpr std::array<std::string_view, 3> employments{"employee", "contractor", "leaver"};

class StoryReader {
 public:
  std::expected<Story, std::vector<PolicyProblem>> read(std::string_view text) {
    if (text.size() > story_bytes_max) {
      wrong(1, 1, concat("a story has at most ", story_bytes_max / 1024, " KiB"), "tell it in two");
    } else if (!is_valid_utf8(text)) {
      wrong(1, 1, "the story is not UTF-8", "save it as UTF-8");
    } else {
      std::size_t number = 0;
      while (!text.empty() && problems_.size() < problems_max) {
        const auto end = text.find('\n');
        line(text.substr(0, end), ++number);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (number > story_lines_max) {
          wrong(number, 1, concat("a story has at most ", story_lines_max, " lines"), "tell it in two");
          break;
        }
      }
      if (problems_.empty()) whole(std::max<std::size_t>(number, 1));
    }
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(story_);
  }

 private:
  enum class Part : std::uint8_t { head, people, accounts, timeline, ends };

  void wrong(std::size_t line, std::size_t column, std::string what, std::string next_step) {
    if (problems_.size() < problems_max)
      problems_.push_back({line, column, std::move(what), std::move(next_step), false});
  }
  void wrong(const Words& words, std::string what, std::string next_step) {
    wrong(words.line(), words.peek().column, std::move(what), std::move(next_step));
  }
  // The next word was none of these.
  void expected(const Words& words, std::string_view what, const std::vector<std::string_view>& names) {
    const auto& typed = words.peek().text;
    std::string list;
    for (const auto name : names) list += concat(list.empty() ? "" : ", ", name);
    const auto near = nearest_name(typed, names);
    wrong(words,
          typed.empty() ? concat("the line ends where ", what, " should be") : concat("`", typed, "` is not ", what),
          near ? concat("did you mean `", *near, "`?") : concat("one of: ", list));
  }

  void line(std::string_view text, std::size_t number) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    const auto first = text.find_first_not_of(' ');
    if (first == text.npos || text[first] == '#') return;
    if (text.find('\t') != text.npos)
      return wrong(number, text.find('\t') + 1, "a tab", "indent and separate with spaces");
    Words words(text, first, number);
    if (words.open_quote()) return wrong(number, text.rfind('"') + 1, "a quote that is not closed", "close it with \"");
    if (first == 0) return heading(text, words);
    switch (part_) {
      case Part::head: return wrong(words, "an indented line before any part", "begin with `people:`");
      case Part::people: return person(words);
      case Part::accounts: return account(words);
      case Part::timeline: return happening(text, words);
      case Part::ends: return ending(text, words);
    }
  }

  void heading(std::string_view text, Words& words) {
    static constexpr std::array<std::string_view, 9> keys{"story",  "source",   "kind",     "policy", "pending",
                                                          "people", "accounts", "timeline", "ends"};
    const auto key = words.peek().text;
    if (std::ranges::find(keys, key) == keys.end())
      return expected(words, "a part of a story", {keys.begin(), keys.end()});
    words.take();
    if (!words.take_if(":")) return wrong(words, concat("`", key, "` needs a colon"), concat("write `", key, ":`"));
    const auto colon = text.find(':');
    auto value = text.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    const auto take = [&](std::string& to) {
      if (value.empty()) return wrong(words, concat("`", key, "` says nothing"), "write it after the colon");
      if (!to.empty()) return wrong(words.line(), 1, concat("`", key, "` is given twice"), "leave one out");
      to = std::string(value);
    };
    if (key == "story") return take(story_.name);
    if (key == "source") return take(story_.source);
    if (key == "kind") return take(story_.kind);
    if (key == "policy") {
      story_.policy_line = words.line();
      story_.policy_column = text.size() - value.size() + 1;
      return take(story_.policy);
    }
    if (key == "pending") return take(story_.pending);
    if (!value.empty()) return wrong(words, concat("`", key, ":` stands alone"), "indent what belongs to it");
    part_ = key == "people"     ? Part::people
            : key == "accounts" ? Part::accounts
            : key == "timeline" ? Part::timeline
                                : Part::ends;
  }

  // -- names ------------------------------------------------------------------------------------
  template <typename Id>
  std::optional<Id> id(Words& words, std::string_view what) {
    auto out = Id::parse(words.peek().text);
    if (!out || words.peek().text.size() > name_length_max) {
      wrong(words, concat("`", words.peek().text, "` is no name of ", what), "use a-z, 0-9, - _ .");
      return std::nullopt;
    }
    words.take();
    return out;
  }
  std::optional<std::string> new_name(Words& words, std::string_view what, const auto& known) {
    const auto column = words.peek().column;
    const auto name = id<StaffId>(words, what);
    if (!name) return std::nullopt;
    if (std::ranges::any_of(known, [&](const auto& k) { return k.name == name->text(); })) {
      wrong(words.line(), column, concat("`", name->text(), "` is there already"), "give another name");
      return std::nullopt;
    }
    if (!words.take_if(":")) {
      wrong(words, "a name is followed by a colon", concat("write `", name->text(), ":`"));
      return std::nullopt;
    }
    return name->text();
  }
  std::optional<std::string> known_name(Words& words, std::string_view what, const auto& known) {
    std::vector<std::string_view> names;
    for (const auto& k : known) names.push_back(k.name);
    if (std::ranges::find(names, words.peek().text) == names.end()) {
      expected(words, what, names);
      return std::nullopt;
    }
    return words.take().text;
  }
  template <typename Enum>
  std::optional<Enum> one_of(Words& words, std::string_view what) {
    for (const auto value : EnumValues<Enum>::all)
      if (words.take_if(to_string(value))) return value;
    expected(words, what, names_of_all<Enum>());
    return std::nullopt;
  }
  std::optional<Action> action(Words& words) {
    std::vector<std::string_view> names;
    for (const auto a : all_actions) {
      if (words.take_if(to_string(a))) return a;
      names.push_back(to_string(a));
    }
    expected(words, "an action", names);
    return std::nullopt;
  }
  // One of these, or whatever stands in quotes.
  bool word_of(Words& words, std::string_view what, std::span<const std::string_view> known, std::string& out) {
    const auto& next = words.peek();
    if (words.done() || (!next.quoted && std::ranges::find(known, next.text) == known.end())) {
      expected(words, what, {known.begin(), known.end()});
      return false;
    }
    out = words.take().text;
    return true;
  }
  // A signal of the language; or, in quotes, what somebody takes for one.
  std::optional<SignalName> signal(Words& words) {
    const bool is_signal = signal_kind(words.peek().text) != nullptr;
    if (!words.peek().quoted && !is_signal) {
      expected(words, "a signal", {signal_names.begin(), signal_names.end()});
      return std::nullopt;
    }
    if (words.peek().quoted && is_signal) {
      wrong(words, concat("`", words.peek().text, "` is a signal, and in quotes stands what is none"),
            "leave out the quotes");
      return std::nullopt;
    }
    return id<SignalName>(words, "a signal");
  }
  // To be looked up in the policy.
  template <typename Id>
  std::optional<Id> name_of_policy(Words& words, NameOfPolicy::Kind kind, std::string_view what) {
    const auto column = words.peek().column;
    auto out = id<Id>(words, what);
    if (out) story_.names.push_back({kind, std::string(out->text()), words.line(), column});
    return out;
  }
  bool group(Words& words, std::string& out) {
    const auto column = words.peek().column;
    if (!word(words, "a group", out)) return false;
    story_.names.push_back({NameOfPolicy::Kind::group, out, words.line(), column});
    return true;
  }
  bool word(Words& words, std::string_view what, std::string& out) {
    if (words.done()) {
      wrong(words, concat("the line ends where ", what, " should be"), "say it, or leave out what stands before it");
      return false;
    }
    out = words.take().text;
    return true;
  }
  std::optional<Duration> span(Words& words) {
    const auto out = duration_from_text(words.peek().text);
    if (!out) {
      wrong(words, concat("`", words.peek().text, "` is no length of time"), "write 30m, 12h or 2d");
      return std::nullopt;
    }
    if (*out > span_max) {
      wrong(words, concat("`", words.peek().text, "` is longer than ten years"), "write a shorter one");
      return std::nullopt;
    }
    words.take();
    return out;
  }
  bool end_of(Words& words, std::string_view of) {
    if (words.done()) return true;
    wrong(words, concat("`", words.peek().text, "` is more than ", of, " says"),
          "leave it out, or see docs/scenarios.md");
    return false;
  }

  // -- the world --------------------------------------------------------------------------------
  std::optional<OrganizationId> organization(Words& words) {
    return name_of_policy<OrganizationId>(words, NameOfPolicy::Kind::organization, "an organization");
  }

  void person(Words& words) {
    Person out;
    const auto name = new_name(words, "a person", story_.people);
    if (!name) return;
    out.name = *name;
    static constexpr std::array<std::string_view, 9> clauses{"agent", "approver",     "reviewer", "operator", "voucher",
                                                             "team",  "organization", "seat",     "owns"};
    while (!words.done()) {
      if (words.take_if("team")) {
        if (!(out.team = name_of_policy<TeamId>(words, NameOfPolicy::Kind::team, "a team"))) return;
      } else if (words.take_if("organization")) {
        if (!(out.organization = organization(words))) return;
      } else if (words.take_if("seat")) {
        auto seat = name_of_policy<RoleName>(words, NameOfPolicy::Kind::seat, "a seat");
        if (!seat) return;
        out.seats.push_back(*std::move(seat));
      } else if (words.take_if("owns")) {
        const auto account = id<AccountId>(words, "an account");
        if (!account) return;
        out.holder_of = account->text();
        owned_.push_back({out.holder_of, words.line()});
      } else {
        bool role = false;
        for (const auto r : EnumValues<StaffRole>::all)
          if (words.take_if(to_string(r))) {
            out.roles.push_back(r);
            role = true;
          }
        if (!role) return expected(words, "a part of a person", {clauses.begin(), clauses.end()});
      }
      if (!words.done() && !words.take_if(","))
        return wrong(words, "parts of a person are separated by commas", "write `, `");
    }
    if (out.roles.empty())
      return wrong(words, "the person has no role", "give agent, approver, reviewer, operator or voucher");
    if (!out.team) return wrong(words, "the person has no team", "write `team help_desk`");
    story_.people.push_back(std::move(out));
  }

  void account(Words& words) {
    Account out;
    const auto name = new_name(words, "an account", story_.accounts);
    if (!name) return;
    out.name = *name;
    static constexpr std::array<std::string_view, 10> clauses{"admin",     "executive",   "inactive", "locked",
                                                              "disguised", "employment",  "group",    "manager",
                                                              "reached",   "organization"};
    while (!words.done()) {
      if (words.take_if("admin")) out.admin = true;
      else if (words.take_if("executive")) out.executive = true;
      else if (words.take_if("inactive")) out.active = false;
      else if (words.take_if("locked")) out.locked = true;
      else if (words.take_if("disguised")) out.disguised = true;
      else if (words.take_if("manager")) {
        const auto manager = known_name(words, "one of the people", story_.people);
        if (!manager) return;
        out.manager = *manager;
      } else if (words.take_if({"reached", "by"})) {
        auto way = name_of_policy<NoticeName>(words, NameOfPolicy::Kind::notice, "a way to tell somebody");
        if (!way) return;
        std::optional<Duration> unchanged;
        if (words.take_if({"unchanged", "for"}) && !(unchanged = span(words))) return;
        if (!out.reached_by) out.reached_by.emplace();
        out.reached_by->push_back({*std::move(way), unchanged});
      } else if (words.take_if("employment")) {
        if (!word_of(words, "a kind of employment", employments, out.employment)) return;
      } else if (words.take_if("group")) {
        if (!group(words, out.groups.emplace_back())) return;
      } else if (words.take_if("organization")) {
        if (!(out.organization = organization(words))) return;
      } else return expected(words, "a part of an account", {clauses.begin(), clauses.end()});
      if (!words.done() && !words.take_if(","))
        return wrong(words, "parts of an account are separated by commas", "write `, `");
    }
    story_.accounts.push_back(std::move(out));
  }

  // -- what happens -----------------------------------------------------------------------------
  // 09:00, 09:00:30, or with a day before it: day 2 09:00
  std::optional<Duration> time(Words& words) {
    if (words.take_if("day")) {
      const auto& typed = words.peek().text;
      std::uint32_t day = 0;
      const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), day);
      if (error != std::errc() || end != typed.data() + typed.size() || day < 1 || day > 1000) {
        wrong(words, concat("`", typed, "` is no day"), "write `day 2 09:00`; the story begins on day 1");
        return std::nullopt;
      }
      words.take();
      day_ = day - 1;
    }
    const auto& typed = words.peek().text;
    const auto two = [&](std::size_t at) { return (typed[at] - '0') * 10 + typed[at + 1] - '0'; };
    const auto digits = [&](std::size_t at) {
      return typed[at] >= '0' && typed[at] <= '9' && typed[at + 1] >= '0' && typed[at + 1] <= '9';
    };
    const bool short_form = typed.size() == 5 && typed[2] == ':' && digits(0) && digits(3);
    const bool long_form =
        typed.size() == 8 && typed[2] == ':' && typed[5] == ':' && digits(0) && digits(3) && digits(6);
    if ((!short_form && !long_form) || two(0) > 23 || two(3) > 59 || (long_form && two(6) > 59)) {
      wrong(words, concat("`", typed, "` is no time of day"), "begin with a time such as 09:00 or 09:00:30");
      return std::nullopt;
    }
    const auto at = days(day_) + hours(two(0)) + minutes(two(3)) + seconds(long_form ? two(6) : 0);
    if (at < last_) {
      wrong(words, "time runs backwards", "tell things in their order; for the next day write `day 2 09:00`");
      return std::nullopt;
    }
    last_ = at;
    words.take();
    return at;
  }

  std::optional<std::string> case_name(Words& words, bool opens) {
    if (!words.take_if("case")) {
      wrong(words, "a case should be named here", "write `case 1`");
      return std::nullopt;
    }
    const auto column = words.peek().column;
    const auto name = id<CaseId>(words, "a case");
    if (!name) return std::nullopt;
    const bool known = std::ranges::find(cases_, name->text()) != cases_.end();
    if (opens && known) {
      wrong(words.line(), column, concat("case ", name->text(), " is there already"), "give it another number");
      return std::nullopt;
    }
    if (!opens && !known) {
      wrong(words.line(), column, concat("case ", name->text(), " was not opened before"), "open it first");
      return std::nullopt;
    }
    if (opens) cases_.push_back(name->text());
    return name->text();
  }

  void happening(std::string_view text, Words& words) {
    Line out;
    out.line = words.line();
    out.text = std::string(text.substr(text.find_first_not_of(' ')));
    const auto at = time(words);
    if (!at) return;
    out.at = *at;
    const bool told = words.take_if({"the", "claimant", "of"})             ? claimant(words, out)
                      : words.take_if({"the", "executor"})                 ? executor(words, out)
                      : words.take_if({"the", "holder", "of"})             ? holder(words, out)
                      : words.take_if({"the", "account"})                  ? account_changes(words, out)
                      : words.take_if({"the", "gateway's", "clock", "is"}) ? clock(words, out)
                      : words.take_if({"the", "ledger"})                   ? ledger_stops(words, out)
                      : words.take_if("somebody")                          ? forger(words, out)
                                                                           : staff(words, out);
    if (!told) return;
    if (words.take_if("->") && !(out.fails = words.take_if("fails"))) {
      if (!words.take_if("refused") || !words.take_if(":"))
        return wrong(words, "after `->` stands what must happen",
                     "write `-> refused: already_approved`, or `-> fails`");
      out.refused = one_of<DenialCode>(words, "the name of a denial");
      if (!out.refused) return;
    }
    if (end_of(words, "the sentence")) story_.lines.push_back(std::move(out));
  }

  bool claimant(Words& words, Line& out) {
    const auto name = case_name(words, false);
    if (!name) return false;
    out.case_name = *name;
    if (words.take_if("joins")) out.deed = Joins{};
    else if (words.take_if({"chooses", "a", "password"})) out.deed = Seals{};
    else if (words.is("gives") || words.is("fails")) {
      Gives gives;
      gives.result = words.take().text == "gives" ? EvidenceResult::passed : EvidenceResult::failed;
      auto given = signal(words);
      if (!given) return false;
      gives.signal = *std::move(given);
      if (!details(words, gives)) return false;
      out.deed = std::move(gives);
    } else {
      expected(words, "what a claimant does", {"joins", "gives", "fails", "chooses"});
      return false;
    }
    return true;
  }

  bool details(Words& words, Gives& gives) {
    while (words.take_if(",")) {
      if (words.take_if({"bound", "at", "an", "unknown", "time"})) gives.bound_unknown = true;
      else if (words.take_if({"changed", "at", "an", "unknown", "time"})) gives.unchanged_unknown = true;
      else if (words.take_if("bound")) {
        if (!(gives.bound = span(words))) return false;
        if (!words.take_if("before")) return wrong(words, "how long before?", "write `bound 2d before`"), false;
      } else if (words.take_if({"unchanged", "for"})) {
        if (!(gives.unchanged = span(words))) return false;
      } else if (words.take_if({"with", "data"})) {
        if (!(gives.data_age = span(words))) return false;
        if (!words.take_if("old")) return wrong(words, "how old?", "write `with data 400d old`"), false;
      } else if (words.take_if({"from", "the", "account's", "own", "mailbox"})) gives.own_mailbox = true;
      else if (words.take_if({"on", "the", "word", "of"})) {
        const auto who = known_name(words, "one of the people", story_.people);
        if (!who) return false;
        gives.attested_by = *who;
      } else {
        expected(words, "a detail of a signal", {"bound", "changed", "unchanged", "with", "from", "on"});
        return false;
      }
    }
    return true;
  }

  // The word after a comma that says how something was heard.
  bool through(Words& words, std::string& to) {
    if (!words.take_if({",", "through"}))
      return wrong(words, "how was the holder heard?", "write `, through callback`"), false;
    return word_of(words, "how somebody is heard, nor in quotes", ways_to_hear, to);
  }

  bool holder(Words& words, Line& out) {
    const auto name = case_name(words, false);
    if (!name) return false;
    out.case_name = *name;
    if (!words.take_if({"says", "it", "was", "not", "them"}))
      return wrong(words, "what does the holder say?", "write `says it was not them, through notice`"), false;
    Objects objects;
    if (!through(words, objects.through)) return false;
    out.deed = std::move(objects);
    return true;
  }

  bool account_changes(Words& words, Line& out) {
    const auto account = known_name(words, "one of the accounts", story_.accounts);
    if (!account) return false;
    Becomes becomes{*account, {}, {}};
    if (words.take_if({"gets", "group"})) {
      becomes.what = Becomes::What::in_group;
      if (!group(words, becomes.group)) return false;
    } else if (!words.take_if("becomes")) {
      expected(words, "what happens to an account", {"becomes", "gets"});
      return false;
    } else if (words.take_if("admin")) becomes.what = Becomes::What::admin;
    else if (words.take_if("executive")) becomes.what = Becomes::What::executive;
    else if (words.take_if("inactive")) becomes.what = Becomes::What::inactive;
    else if (words.take_if("leaver")) becomes.what = Becomes::What::leaver;
    else {
      expected(words, "what an account becomes", {"admin", "executive", "inactive", "leaver"});
      return false;
    }
    out.deed = std::move(becomes);
    return true;
  }

  bool clock(Words& words, Line& out) {
    const bool back = words.take_if({"set", "back", "by"});
    if (!back && !words.take_if({"set", "on", "by"}))
      return wrong(words, "what is done to the clock?", "write `set back by 30m` or `set on by 1d`"), false;
    const auto column = words.peek().column;
    const auto by = span(words);
    if (!by) return false;
    clock_moved_ = clock_moved_ + *by;
    if (clock_moved_ > span_max)
      return wrong(words.line(), column, "the clock is moved by more than ten years in all", "move it less"), false;
    out.deed = SetsClock{back ? Duration{-by->milliseconds} : *by};
    return true;
  }

  bool ledger_stops(Words& words, Line& out) {
    if (!words.take_if({"takes", "nothing", "any", "more"}))
      return wrong(words, "what does the ledger do?", "write `the ledger takes nothing any more`"), false;
    out.deed = LedgerStops{};
    return true;
  }

  bool forger(Words& words, Line& out) {
    Forges forges;
    if (words.take_if({"writes", "an", "approval", "by"})) {
      const auto whose = known_name(words, "one of the people", story_.people);
      if (!whose) return false;
      forges.whose = *whose;
      if (!words.take_if("into")) return wrong(words, "into which case?", "write `into case 1`"), false;
    } else if (words.take_if({"cuts", "the", "approvals", "out", "of"})) {
      forges.what = Forges::What::loss;
    } else if (words.take_if({"puts", "the", "ledger", "back", "to", "before"})) {
      forges.what = Forges::What::put_back;
    } else {
      expected(words, "what somebody does behind the gateway's back", {"writes", "cuts", "puts"});
      return false;
    }
    const auto name = case_name(words, false);
    if (!name) return false;
    out.case_name = *name;
    out.deed = std::move(forges);
    return true;
  }

  bool executor(Words& words, Line& out) {
    if (!words.take_if({"carries", "out"})) {
      wrong(words, "the executor carries out cases", "write `the executor carries out case 1`");
      return false;
    }
    const auto name = case_name(words, false);
    if (!name) return false;
    out.case_name = *name;
    Acts acts;
    if (words.take_if({",", "and", "the", "directory", "refuses"})) acts.outcome = Outcome::not_done;
    else if (words.take_if({",", "and", "no", "answer", "comes"})) acts.outcome = Outcome::unknown;
    out.deed = acts;
    return true;
  }

  bool channel(Words& words, std::string& to) {
    return word_of(words, "a way to get in touch, nor in quotes", channels, to);
  }

  bool many(Words& words, const std::string& by, Line& out) {
    const auto& typed = words.peek().text;
    OpensMany many;
    many.by = by;
    const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), many.number);
    if (error != std::errc() || end != typed.data() + typed.size() || many.number < 1 || many.number > opens_many_max)
      return wrong(words, concat("`", typed, "` is neither `case` nor a number up to ", opens_many_max),
                   "write `opens case 1 for paul: unlock` or `opens 40 cases for others`"),
             false;
    if (many_ + many.number > opens_many_max)
      return wrong(words, concat("a story opens at most ", opens_many_max, " cases for others"), "open fewer"), false;
    many_ += many.number;
    words.take();
    if (!words.take_if({"cases", "for", "others"})) return wrong(words, "for whom?", "write `cases for others`"), false;
    if (words.take_if({",", "by"}) && !channel(words, many.channel)) return false;
    out.deed = std::move(many);
    return true;
  }

  // 1, 2, 3: cases that were opened before, each once.
  bool list(Words& words, std::vector<std::string>& to) {
    do {
      const auto& typed = words.peek().text;
      if (std::ranges::find(cases_, typed) == cases_.end())
        return wrong(words, concat("case `", typed, "` was not opened before"), "name cases by numbers: `1, 2, 3`"),
               false;
      if (std::ranges::find(to, typed) != to.end())
        return wrong(words, concat("case ", typed, " is on the list twice"), "name it once"), false;
      if (to.size() >= list_cases_max)
        return wrong(words, concat("a list has at most ", list_cases_max, " cases"), "make it two lists"), false;
      to.push_back(words.take().text);
    } while (words.take_if(","));
    return true;
  }

  bool staff(Words& words, Line& out) {
    const auto by = known_name(words, "one of the people, `the claimant of` or `the executor`", story_.people);
    if (!by) return false;
    const auto of_case = [&](bool opens) {
      const auto name = case_name(words, opens);
      if (name) out.case_name = *name;
      return name.has_value();
    };
    if (words.take_if("opens")) {
      if (!words.is("case")) return many(words, *by, out);
      if (!of_case(true)) return false;
      Opens opens;
      opens.by = *by;
      if (!words.take_if("for")) return wrong(words, "for whom?", "write `for paul: password_reset`"), false;
      const auto account = known_name(words, "one of the accounts", story_.accounts);
      if (!account) return false;
      opens.account = *account;
      if (!words.take_if(":")) return wrong(words, "for what?", "write `: password_reset`"), false;
      const auto what = action(words);
      if (!what) return false;
      opens.action = *what;
      if (words.take_if({",", "by"}) && !channel(words, opens.channel)) return false;
      out.deed = std::move(opens);
      return true;
    }
    if (words.take_if({"approves", "the", "list", "of", "cases"})) {
      ApprovesList approves{*by, {}};
      if (!list(words, approves.cases)) return false;
      out.deed = std::move(approves);
      return true;
    }
    if (words.take_if({"reviews", "the", "list", "of", "cases"})) {
      Reviews reviews{*by, ReviewVerdict::proper, {}, true};
      if (!list(words, reviews.cases)) return false;
      out.deed = std::move(reviews);
      return true;
    }
    if (words.is("reviews") || words.is("doubts")) {
      const auto verdict = words.take().text == "reviews" ? ReviewVerdict::proper : ReviewVerdict::doubtful;
      if (!of_case(false)) return false;
      out.deed = Reviews{*by, verdict, {out.case_name}};
      return true;
    }
    if (words.take_if("approves")) {
      if (!of_case(false)) return false;
      Approves approves{*by, {}};
      if (words.take_if({",", "shown", "another", "statement"})) approves.what = Approves::What::another_statement;
      else if (words.take_if({",", "on", "another", "page"})) approves.what = Approves::What::on_another_page;
      else if (words.take_if({",", "by", "touch", "alone"})) approves.what = Approves::What::without_pin;
      out.deed = std::move(approves);
      return true;
    }
    if (words.take_if({"hears", "from", "the", "holder", "of"})) {
      if (!of_case(false)) return false;
      if (!words.take_if({"that", "it", "was", "not", "them"}))
        return wrong(words, "what do they hear?", "write `that it was not them, through callback`"), false;
      Objects objects{{}, *by};
      if (!through(words, objects.through)) return false;
      out.deed = std::move(objects);
      return true;
    }
    if (words.take_if({"proposes", "policy"})) {
      if (words.done()) return wrong(words, "which policy?", "name a file, from where the story stands"), false;
      out.deed = Proposes{*by, words.take().text};
      return true;
    }
    if (words.take_if({"agrees", "to", "the", "proposal"})) {
      out.deed = Agrees{*by};
      return true;
    }
    if (words.take_if("denies")) {
      out.deed = Denies{*by};
      return of_case(false);
    }
    if (words.take_if("cancels")) {
      out.deed = Cancels{*by};
      return of_case(false);
    }
    if (words.take_if({"asks", "for"})) {
      const auto what = action(words);
      if (!what) return false;
      if (!words.take_if("on")) return wrong(words, "on which case?", "write `on case 1`"), false;
      out.deed = Asks{*by, *what};
      return of_case(false);
    }
    if (words.take_if({"leaves", "the", "staff"})) {
      out.deed = Leaves{*by};
      return true;
    }
    expected(words, "what people do",
             {"opens", "approves", "denies", "cancels", "asks", "leaves", "hears", "proposes", "agrees", "reviews",
              "doubts"});
    return false;
  }

  // -- the end ----------------------------------------------------------------------------------
  void ending(std::string_view text, Words& words) {
    Expectation out;
    out.line = words.line();
    out.text = std::string(text.substr(text.find_first_not_of(' ')));
    if (words.is("case")) {
      CaseIs is;
      const auto name = case_name(words, false);
      if (!name) return;
      is.case_name = *name;
      if (words.take_if({"ends", "by", "itself", "after"})) {
        const auto after = span(words);
        if (!after) return;
        out.what = Lasted{*name, *after};
        if (end_of(words, "the line")) story_.ends.push_back(std::move(out));
        return;
      }
      if (!words.take_if("is")) return wrong(words, "what is the case?", "write `is done`");
      std::vector<std::string_view> names;
      bool found = false;
      for (const auto& [word, what] : case_words) {
        names.push_back(word);
        if (!found && words.take_if(word)) {
          is.what = what;
          found = true;
        }
      }
      if (!found) return expected(words, "what a case can be", names);
      out.what = is;
    } else if (words.take_if("alert")) {
      if (!alert(words, out)) return;
    } else if (words.take_if({"no", "alert"})) {
      out.what = NoAlert{};
    } else if (words.take_if({"the", "timeline", "of"})) {
      if (!timeline_shows(words, out)) return;
    } else if (words.take_if({"the", "password", "of"})) {
      const auto name = case_name(words, false);
      if (!name) return;
      if (!words.take_if({"stands", "nowhere"})) return wrong(words, "where does it stand?", "write `stands nowhere`");
      out.what = PasswordNowhere{*name};
    } else if (words.take_if({"the", "ledger", "is", "not", "sound"})) {
      out.what = LedgerIsNotSound{};
    } else if (words.take_if({"nothing", "is", "written"})) {
      out.what = WritesAre{0};
    } else {
      const auto& typed = words.peek().text;
      std::uint32_t number = 0;
      const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
      if (error != std::errc() || end != typed.data() + typed.size())
        return expected(words, "something that can be so at the end",
                        {"case", "nothing", "1 write", "2 writes", "alert", "no alert", "the timeline of case",
                         "the password of case", "the ledger is not sound"});
      words.take();
      if (!words.take_if("writes") && !words.take_if("write"))
        return wrong(words, "how many of what?", "write `1 write`");
      out.what = WritesAre{number};
    }
    if (end_of(words, "the line")) story_.ends.push_back(std::move(out));
  }

  bool alert(Words& words, Expectation& out) {
    AlertIs is;
    const auto named = one_of<Alert>(words, "an alert");
    if (!named) return false;
    is.alert = *named;
    if (words.take_if("for")) {
      const auto name = case_name(words, false);
      if (!name) return false;
      is.case_name = *name;
    }
    out.what = std::move(is);
    return true;
  }

  bool timeline_shows(Words& words, Expectation& out) {
    TimelineShows shows;
    const auto name = case_name(words, false);
    if (!name) return false;
    shows.case_name = *name;
    if (!words.take_if("shows")) return wrong(words, "what does it show?", "write `shows opened, closed`"), false;
    std::vector<std::string_view> known;
    for (const auto& [kind, word] : timeline_words) known.push_back(word);
    do {
      if (std::ranges::find(known, words.peek().text) == known.end() || words.peek().quoted)
        return expected(words, "an entry of a timeline", known), false;
      shows.words.push_back(words.take().text);
    } while (words.take_if(","));
    out.what = std::move(shows);
    return true;
  }

  void whole(std::size_t last_line) {
    const auto needs = [&](bool there, std::string_view what, std::string_view write) {
      if (!there) wrong(last_line, 1, concat("the story has no ", what), std::string(write));
    };
    needs(!story_.name.empty(), "name", "begin with `story: ...`");
    needs(!story_.source.empty(), "source", "say where it comes from: `source: ...`");
    needs(!story_.policy.empty(), "policy", "name one: `policy: ../policies/rp-1.yaml`");
    needs(!story_.lines.empty(), "timeline", "tell what happens under `timeline:`");
    needs(!story_.ends.empty(), "end", "say what must be so under `ends:`");
    for (const auto& [account, at] : owned_)
      if (std::ranges::find(story_.accounts, account, &Account::name) == story_.accounts.end())
        wrong(at, 1, concat("`", account, "` is not among the accounts"), "put it under `accounts:`");
  }

  Story story_;
  Part part_ = Part::head;
  std::vector<PolicyProblem> problems_;
  std::vector<std::string> cases_;
  std::vector<std::pair<std::string, std::size_t>> owned_;
  std::uint32_t day_ = 0;
  std::uint32_t many_ = 0;  // cases opened for others
  Duration clock_moved_;    // back or on, all together
  Duration last_;
};

}  // namespace

std::expected<Story, std::vector<PolicyProblem>> read_story(std::string_view text) { return StoryReader().read(text); }

}  // namespace sallyport::stories
