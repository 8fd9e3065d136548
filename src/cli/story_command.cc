#include "cli/story_command.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/policy_files.h"
#include "core/organization/policy_proposal.h"
#include "core/stories/play.h"
#include "core/stories/timeline.h"

namespace sallyport::cli {
namespace {

std::string base_name(const std::string& file) {
  const auto slash = file.rfind('/');
  const auto name = slash == file.npos ? file : file.substr(slash + 1);
  return name.substr(0, name.rfind('.'));
}

// Policies with their proofs, each proved once.
class Policies {
 public:
  // To be played under.
  const Result<ProposePolicy>& find(const std::string& file) { return find(file, true); }
  // To be proposed in a story, where one that is not proved is refused.
  const Result<ProposePolicy>& find_to_propose(const std::string& file) { return find(file, false); }
  // Under whichever policy a story is played, its names are those of the one that it names; which may be away.
  std::vector<PolicyProblem> names_unknown_to_its_policy(const stories::Story& story, const std::string& file) {
    auto known = read_.find(file);
    if (known == read_.end()) {
      const auto text = read_regular_file(file, policy_text_bytes_max);
      known = read_.emplace(file, text ? Policy::check(*text).policy : std::nullopt).first;
    }
    return known->second ? stories::names_unknown_to(story, *known->second) : std::vector<PolicyProblem>();
  }

 private:
  const Result<ProposePolicy>& find(const std::string& file, bool has_to_be_proved) {
    const auto key = std::pair(file, has_to_be_proved);
    const auto known = known_.find(key);
    return known != known_.end() ? known->second : known_.emplace(key, read(file, has_to_be_proved)).first->second;
  }

  static Result<ProposePolicy> read(const std::string& file, bool has_to_be_proved) {
    SP_TRY(auto text, read_regular_file(file, policy_text_bytes_max));
    auto proved = prove_for_proposal(text, "");
    if (!proved) return with_context(file, std::move(proved).error());
    if (*proved) return ProposePolicy{std::move(text), "", (*proved)->certificate, {}, (*proved)->checked};
    if (!has_to_be_proved) return ProposePolicy{std::move(text), "", "", {}, nullptr};
    return fault(FaultKind::rejected, concat(file, " is not proved: ", proved->error().detail),
                 proved->error().next_step);
  }

  std::map<std::pair<std::string, bool>, Result<ProposePolicy>> known_;
  std::map<std::string, std::optional<Policy>> read_;
};

void show_surprise(Terminal& terminal, const std::string& file, const stories::Surprise& s) {
  terminal.line(concat(file, ":", s.line, ": ", s.text), Ink::red);
  terminal.fact("expected", s.expected);
  terminal.fact("happened", s.happened);
}

std::vector<PolicyProblem> cannot_be_played_under(const stories::Story& story, const Fault& why) {
  return {{story.policy_line, story.policy_column, concat("the policy of the story cannot be used: ", why.what),
           why.next_step.empty() ? "name the file of a policy; its path begins where the story stands" : why.next_step,
           false}};
}

// One run over many stories. One that cannot be played is told and counted, and the others are played.
class Run {
 public:
  Run(Terminal& terminal, const StoryPlayOptions& options) : terminal_(terminal), options_(options) {}

  Answer<int> all() {
    if (const auto ok = drawn_apart(); !ok) return could_not(ok.error());
    if (!options_.policy.empty())
      if (const auto& policy = policies_.find(options_.policy); !policy) return could_not(policy.error());
    for (const auto& file : options_.files)
      if (const auto done = one(file); !done) return could_not(done.error());
    terminal_.document(documents_);
    const bool good = otherwise_ == 0 && malformed_ == 0;
    terminal_.line(concat(as_told_, " as told, ", otherwise_, " not, ", pending_, " pending",
                          malformed_ == 0 ? "" : concat(", ", malformed_, " malformed")),
                   good ? Ink::green : Ink::red);
    if (malformed_ != 0) return could_not_run;
    return otherwise_ == 0 ? fine : answer_is_no;
  }

 private:
  // What is drawn is called as its story's file is, whatever folder that stands in.
  Result<void> drawn_apart() const {
    if (options_.diagrams.empty() && options_.timelines.empty()) return {};
    std::map<std::string, std::string> known;
    for (const auto& file : options_.files)
      if (const auto [other, is_new] = known.emplace(base_name(file), file); !is_new)
        return fault(FaultKind::invalid,
                     concat("`", file, "` and `", other->second, "` would be drawn into one file, ", other->first),
                     "give one of them another name, or draw them into two folders");
    return {};
  }

  int could_not(const Fault& fault) {
    terminal_.fail(Problem(fault));
    return could_not_run;
  }

  void malformed(const std::string& file, std::string_view text, const std::vector<PolicyProblem>& problems) {
    ++malformed_;
    fail_with(terminal_, file, text, problems);
    Json list = Json::array();
    for (const auto& p : problems) list.push(as_json(p));
    documents_.push(Json::object({{"file", file}, {"malformed", std::move(list)}}));
  }

  // A fault: what is drawn cannot be written, and no other story would fare better.
  Result<void> one(const std::string& file) {
    const auto text = read_regular_file(file, policy_text_bytes_max);
    if (!text) {
      ++malformed_;
      terminal_.fail(Problem(text.error()));
      documents_.push(Json::object({{"file", file}, {"malformed", Json::array()}}));
      return {};
    }
    const auto story = stories::read_story(*text);
    if (!story) {
      malformed(file, *text, story.error());
      return {};
    }
    if (!story->pending.empty()) {
      ++pending_;
      terminal_.line(concat("pending: ", story->name, ": ", story->pending), Ink::yellow);
      documents_.push(Json::object({{"file", file}, {"story", story->name}, {"pending", story->pending}}));
      return {};
    }
    if (const auto problems = policies_.names_unknown_to_its_policy(*story, concat(folder_of(file), story->policy));
        !problems.empty()) {
      malformed(file, *text, problems);
      return {};
    }
    const auto& policy =
        policies_.find(options_.policy.empty() ? concat(folder_of(file), story->policy) : options_.policy);
    if (!policy) {
      malformed(file, *text, cannot_be_played_under(*story, policy.error()));
      return {};
    }
    const auto played = stories::play(*story, *policy, [&](const std::string& named) {
      return named == story->policy ? &*policy : beside(file, named);  // its own: whichever it is played under
    });
    if (!played) {
      malformed(file, *text, {{1, 1, played.error().what, played.error().next_step, false}});
      return {};
    }
    if (!options_.diagrams.empty())
      SP_CHECK(write_public_file(concat(options_.diagrams, "/", base_name(file), ".mmd"),
                                 stories::diagram_of(*story, *played), IfExists::replace));
    if (!options_.timelines.empty())
      SP_CHECK(write_public_file(concat(options_.timelines, "/", base_name(file), ".svg"),
                                 stories::timeline_of(*story, *played), IfExists::replace));
    show(file, *story, *played);
    return {};
  }

  const ProposePolicy* beside(const std::string& file, const std::string& named) {
    const auto& policy = policies_.find_to_propose(concat(folder_of(file), named));
    if (policy) return &*policy;
    terminal_.fail(Problem(policy.error()));
    return nullptr;
  }

  void show(const std::string& file, const stories::Story& story, const stories::Played& played) {
    auto document = stories::to_json(story, played);
    documents_.push(document.set("file", file));
    if (played.surprise) {
      ++otherwise_;
      terminal_.line(concat("NOT as told: ", story.name, "  (", story.source, ")"), Ink::red);
      show_surprise(terminal_, file, *played.surprise);
    } else {
      ++as_told_;
      terminal_.line(concat("as told: ", story.name), Ink::green);
    }
  }

  Terminal& terminal_;
  const StoryPlayOptions& options_;
  Policies policies_;
  Json documents_ = Json::array();
  std::size_t as_told_ = 0;
  std::size_t otherwise_ = 0;
  std::size_t pending_ = 0;
  std::size_t malformed_ = 0;
};

}  // namespace

Answer<int> command_story_play(Terminal& terminal, const StoryPlayOptions& options) {
  return Run(terminal, options).all();
}

}  // namespace sallyport::cli
