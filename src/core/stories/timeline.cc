#include "core/stories/timeline.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/text.h"
#include "core/alerts/alerts.h"
#include "core/ledger/entry.h"
#include "core/stories/ends.h"

namespace sallyport::stories {
namespace {

constexpr int row_height = 24, first_row = 92, lanes_at = 132, lane_width = 26, text_after_lanes = 16, width = 1060;

constexpr std::string_view style = R"(<style>
text { font: 13px system-ui, sans-serif; fill: #1b1f24; }
.title { font-size: 18px; font-weight: 600; } .soft { fill: #5a6472; } .no { fill: #b42318; } .alert { fill: #9a6700; }
.lane { stroke: #c9d0d9; stroke-width: 2; } .dot { fill: #1a7f37; } .cross { stroke: #b42318; stroke-width: 2; }
.hold { fill: #e0b04a; } .end { fill: #1b1f24; }
</style>
)";

struct Row {
  std::int64_t day = 0;  // from 1
  std::string time, who, what, case_name, alerts;
  std::optional<std::size_t> lane;
  bool refused = false, ends_case = false, begins_hold = false, ends_hold = false;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out.push_back(c);
  }
  return out;
}

std::string clock_of(Instant at) {
  const auto text = to_rfc3339(at).substr(11, 8);
  return text.ends_with(":00") ? text.substr(0, 5) : text;
}

class Picture {
 public:
  Picture(const Story& story, const Played& played) : story_(story), played_(played) {
    for (const auto& raised : alerts_in(played.ledger))
      alerts_[raised.entries.front()].emplace_back(to_string(raised.alert));
    for (std::size_t i = played.set_up; i < played.ledger.size(); ++i)
      if (const auto entry = decode_entry(played.ledger[i])) add(i, *entry);
  }

  std::string draw() const {
    const auto shown = std::min(rows_.size(), timeline_rows_max);
    const auto left_out = rows_.size() - shown;
    const auto height = first_row + static_cast<int>(shown + (left_out > 0 ? 1 : 0)) * row_height + 12;
    std::string out =
        concat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", width, " ", height, "\" width=\"", width,
               "\" height=\"", height, "\" role=\"img\">\n<title>", escaped(story_.name), "</title>\n", style,
               "<rect width=\"100%\" height=\"100%\" ", "fill=\"#ffffff\"/>\n");
    text(out, 16, 30, "title", story_.name);
    text(out, 16, 50, "soft",
         concat(story_.source, played_.surprise ? "; NOT as told" : "; as told", ", ", played_.writes,
                played_.writes == 1 ? " write" : " writes"));
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) draw_lane(out, lane, shown);
    std::int64_t day = 0;
    for (std::size_t i = 0; i < shown; ++i) {
      draw_row(out, i, rows_[i].day != day);
      day = rows_[i].day;
    }
    if (left_out > 0) text(out, text_at(), y_of(shown) + 4, "soft", concat("and ", left_out, " entries more"));
    return out + "</svg>\n";
  }

 private:
  // -- what is told -------------------------------------------------------------------------------
  void add(std::size_t index, const LedgerEntry& entry) {
    Row row;
    row.day = (entry.at - played_.begin).milliseconds / days(1).milliseconds + 1;
    row.time = clock_of(entry.at);
    if (const auto* event = std::get_if<CaseEvent>(&entry.event)) {
      const auto id = case_of_stream(entry.stream);
      if (!id) return;
      if (!id->text().starts_with("c-")) return add_other(row, *event);
      row.case_name = id->text().substr(2);
      row.lane = lane_of(row.case_name);
      tell(row, *event);
    } else if (const auto* change = std::get_if<OrganizationEvent>(&entry.event)) {
      tell(row, *change);
    } else {
      return;
    }
    if (const auto found = alerts_.find(index); found != alerts_.end())
      for (const auto& name : found->second) row.alerts += concat(row.alerts.empty() ? "" : ", ", name);
    rows_.push_back(std::move(row));
  }
  // Cases of which nothing else is told are counted, not listed.
  void add_other(Row row, const CaseEvent& event) {
    const auto* opened = std::get_if<CaseOpened>(&event);
    if (opened == nullptr) return;
    const bool goes_on = !rows_.empty() && others_ > 0 && rows_.back().who == opened->requested_by.text() &&
                         rows_.back().what.ends_with(" for others");
    others_ = goes_on ? others_ + 1 : 1;
    row.who = opened->requested_by.text();
    row.what = concat("opens ", others_, others_ == 1 ? " case" : " cases", " for others");
    if (goes_on) rows_.back() = std::move(row);
    else rows_.push_back(std::move(row));
  }

  void tell(Row& row, const CaseEvent& event) const {
    const auto says = [&row](std::string_view who, std::string what) {
      row.who = who;
      row.what = std::move(what);
    };
    if (const auto* e = std::get_if<CaseOpened>(&event)) {
      says(e->requested_by.text(),
           concat("opens it for ", e->account.account.text(), ": ", to_string(e->action), ", by ", e->channel));
    } else if (std::holds_alternative<ClaimantJoined>(event)) {
      says("claimant", "joins");
    } else if (const auto* asked = std::get_if<SignalRequested>(&event)) {
      says("claimant", concat("asks for ", asked->signal.text()));
    } else if (const auto* given = std::get_if<EvidenceRecorded>(&event)) {
      says("claimant", concat(given->evidence.signal.text(), ": ", to_string(given->evidence.result)));
    } else if (const auto* verified = std::get_if<IdentityVerified>(&event)) {
      row.begins_hold = verified->hold_until > verified->at;
      says("gateway", row.begins_hold ? concat("door one shuts; hold until ", told_time(verified->hold_until))
                                      : std::string("door one shuts"));
    } else if (std::holds_alternative<SecretSealed>(event)) {
      says("claimant", "chooses a password");
    } else if (const auto* approval = std::get_if<ApprovalRecorded>(&event)) {
      says(approval->by.text(), "approves");
    } else if (std::holds_alternative<ActionPermitted>(event)) {
      row.ends_hold = true;
      says("gateway", "permits it");
    } else if (std::holds_alternative<IntentRecorded>(event)) {
      says("executor", "is about to act");
    } else if (const auto* outcome = std::get_if<OutcomeRecorded>(&event)) {
      row.refused = outcome->outcome == Outcome::not_done;
      says("executor", concat("outcome: ", to_string(outcome->outcome),
                              outcome->refusal == "none" ? "" : concat(", ", outcome->refusal)));
    } else if (const auto* refusal = std::get_if<RefusalRecorded>(&event)) {
      row.refused = true;
      says(refusal->by, concat(refusal->attempted, ", refused: ", to_string(refusal->code)));
    } else if (const auto* objected = std::get_if<HolderObjected>(&event)) {
      row.refused = true;
      says("holder", concat("it was not them, through ", objected->through,
                            objected->heard_by ? concat(", heard by ", objected->heard_by->text()) : ""));
    } else if (const auto* closed = std::get_if<CaseClosed>(&event)) {
      row.ends_case = row.ends_hold = true;
      says(closed->by, concat("ends it: ", to_string(closed->result)));
    } else if (const auto* notice = std::get_if<NoticeSent>(&event)) {
      says("gateway", concat("tells the holder by ", notice->notice.way.text()));
    } else if (const auto* review = std::get_if<CaseReviewed>(&event)) {
      row.refused = review->verdict == ReviewVerdict::doubtful;
      says(review->by.text(), concat("finds it ", to_string(review->verdict)));
    } else {
      says("gateway", std::string(kind_of(event)));
    }
  }

  static void tell(Row& row, const OrganizationEvent& event) {
    row.what = std::string(kind_of(event));
    std::ranges::replace(row.what, '_', ' ');
    row.who = "organization";
    if (const auto* e = std::get_if<StaffEnrolled>(&event)) row.what += concat(": ", e->member.id.text());
    if (const auto* e = std::get_if<StaffRemoved>(&event)) row.what += concat(": ", e->staff.text());
    if (const auto* e = std::get_if<ChangeApproved>(&event)) row.who = e->signature.by.text();
    if (const auto* e = std::get_if<PolicyProposed>(&event)) row.who = e->signature.by.text();
  }

  std::string told_time(Instant at) const {
    const auto day = (at - played_.begin).milliseconds / days(1).milliseconds + 1;
    return concat("day ", day, " ", clock_of(at));
  }

  std::optional<std::size_t> lane_of(const std::string& name) {
    const auto found = std::ranges::find(lanes_, name);
    if (found != lanes_.end()) return static_cast<std::size_t>(found - lanes_.begin());
    if (lanes_.size() == timeline_lanes_max) return std::nullopt;
    lanes_.push_back(name);
    return lanes_.size() - 1;
  }

  // -- how it is drawn ----------------------------------------------------------------------------
  static int y_of(std::size_t row) { return first_row + static_cast<int>(row) * row_height; }
  static int x_of(std::size_t lane) { return lanes_at + static_cast<int>(lane) * lane_width; }
  [[nodiscard]] int text_at() const { return x_of(lanes_.size()) + text_after_lanes - lane_width / 2; }

  static void text(std::string& out, int x, int y, std::string_view css, std::string_view what) {
    out += concat("<text x=\"", x, "\" y=\"", y, "\"", css.empty() ? std::string() : concat(" class=\"", css, "\""),
                  ">", escaped(what), "</text>\n");
  }

  void draw_lane(std::string& out, std::size_t lane, std::size_t shown) const {
    bool any = false;
    bool holds = false;
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t held_since = 0;
    std::string bars;
    const auto x = x_of(lane);
    const auto bar = [&](std::size_t from, std::size_t to) {
      bars += concat("<rect class=\"hold\" x=\"", x - 4, "\" y=\"", y_of(from), "\" width=\"8\" height=\"",
                     std::max(y_of(to) - y_of(from), 2), "\"/>\n");
    };
    for (std::size_t i = 0; i < shown; ++i) {
      if (rows_[i].lane != lane) continue;
      if (!any) first = i;
      any = true;
      last = i;
      if (holds && (rows_[i].ends_hold || rows_[i].begins_hold)) bar(held_since, i);
      if (rows_[i].ends_hold) holds = false;
      if (rows_[i].begins_hold) {
        holds = true;
        held_since = i;
      }
    }
    if (!any) return;
    if (holds) bar(held_since, last);
    out += concat("<line class=\"lane\" x1=\"", x, "\" y1=\"", y_of(first), "\" x2=\"", x, "\" y2=\"", y_of(last),
                  "\"/>\n", bars);
    if (lanes_[lane].size() <= 3) {
      out += concat("<text x=\"", x, "\" y=\"", first_row - 18, "\" class=\"soft\" text-anchor=\"middle\">",
                    escaped(lanes_[lane]), "</text>\n");
    }
  }

  void draw_row(std::string& out, std::size_t i, bool new_day) const {
    const auto& row = rows_[i];
    const auto y = y_of(i);
    text(out, 16, y + 4, new_day ? "" : "soft", new_day ? concat("day ", row.day, "  ", row.time) : row.time);
    if (row.lane) {
      const auto x = x_of(*row.lane);
      if (row.refused) {
        out += concat("<path class=\"cross\" d=\"M", x - 5, " ", y - 5, "L", x + 5, " ", y + 5, "M", x + 5, " ", y - 5,
                      "L", x - 5, " ", y + 5, "\"/>\n");
      } else if (row.ends_case) {
        out += concat("<rect class=\"end\" x=\"", x - 6, "\" y=\"", y - 6, "\" width=\"12\" height=\"12\"/>\n");
      } else {
        out += concat("<circle class=\"dot\" cx=\"", x, "\" cy=\"", y, "\" r=\"5\"/>\n");
      }
    }
    const auto about =
        row.case_name.empty() || lanes_.size() < 2 ? std::string() : concat("case ", row.case_name, "  ");
    out += concat("<text x=\"", text_at(), "\" y=\"", y + 4, "\"", row.refused ? " class=\"no\"" : "", ">",
                  escaped(concat(about, row.who, ": ", row.what)));
    if (!row.alerts.empty()) out += concat("<tspan class=\"alert\" dx=\"12\">alert: ", escaped(row.alerts), "</tspan>");
    out += "</text>\n";
  }

  const Story& story_;
  const Played& played_;
  std::map<std::uint64_t, std::vector<std::string>> alerts_;  // by the entry that raised them
  std::vector<Row> rows_;
  std::vector<std::string> lanes_;  // names of cases, in the order of their first entries
  std::size_t others_ = 0;
};

}  // namespace

std::string timeline_of(const Story& story, const Played& played) { return Picture(story, played).draw(); }

}  // namespace sallyport::stories
