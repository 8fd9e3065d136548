#include "cli/story_command.h"

#include <map>

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
  explicit Policies(Terminal& terminal) : terminal_(terminal) {}

  // To be played under. Null after telling why not.
  const ProposePolicy* find(const std::string& file) { return find(file, true); }
  // To be proposed in a story, where one that is not proved is refused. Null when it cannot be read.
  const ProposePolicy* find_to_propose(const std::string& file) { return find(file, false); }

 private:
  const ProposePolicy* find(const std::string& file, bool has_to_be_proved) {
    const auto key = std::pair(file, has_to_be_proved);
    if (const auto known = known_.find(key); known != known_.end()) return known->second ? &*known->second : nullptr;
    auto& out = known_[key];
    auto text = read_file(file, policy_text_bytes_max);
    if (!text) {
      terminal_.fail(Problem(text.error()));
      return nullptr;
    }
    auto proved = prove_for_proposal(*text, "");
    if (!proved) {
      terminal_.fail(Problem(with_context(file, std::move(proved).error()).error()));
      return nullptr;
    }
    if (!*proved && !has_to_be_proved) {
      out = ProposePolicy{*std::move(text), "", "", {}, nullptr};
      return &*out;
    }
    if (!*proved) {
      terminal_.fail(Problem(Fault{FaultKind::rejected, concat(file, " is not proved: ", proved->error().detail),
                                   proved->error().next_step}));
      return nullptr;
    }
    out = ProposePolicy{*std::move(text), "", (*proved)->certificate, {}, (*proved)->checked};
    return &*out;
  }

  Terminal& terminal_;
  std::map<std::pair<std::string, bool>, std::optional<ProposePolicy>> known_;
};

void show_surprise(Terminal& terminal, const std::string& file, const stories::Surprise& s) {
  terminal.line(concat(file, ":", s.line, ": ", s.text), Ink::red);
  terminal.fact("expected", s.expected);
  terminal.fact("happened", s.happened);
}

}  // namespace

Answer<int> command_story_play(Terminal& terminal, const StoryPlayOptions& options) {
  Policies policies(terminal);
  Json documents = Json::array();
  std::size_t as_told = 0;
  std::size_t otherwise = 0;
  std::size_t pending = 0;
  for (const auto& file : options.files) {
    const auto text = text_of_policy_file(terminal, file);
    if (!text) return could_not_run;
    const auto story = stories::read_story(*text);
    if (!story) {
      fail_with(terminal, file, *text, story.error());
      return could_not_run;
    }
    if (!story->pending.empty()) {
      ++pending;
      terminal.line(concat("pending: ", story->name, ": ", story->pending), Ink::yellow);
      documents.push(Json::object({{"file", file}, {"story", story->name}, {"pending", story->pending}}));
      continue;
    }
    const auto* policy =
        policies.find(options.policy.empty() ? concat(folder_of(file), story->policy) : options.policy);
    if (policy == nullptr) return could_not_run;
    const auto beside_it = [&](const std::string& named) {
      // The story's own policy is whichever it is played under.
      return named == story->policy ? policy : policies.find_to_propose(concat(folder_of(file), named));
    };
    const auto played = stories::play(*story, *policy, beside_it);
    if (!played) {
      terminal.fail(Problem(with_context(file, played.error()).error()));
      return could_not_run;
    }
    if (!options.diagrams.empty()) {
      const auto written = write_public_file(concat(options.diagrams, "/", base_name(file), ".mmd"),
                                             stories::diagram_of(*story, *played), IfExists::replace);
      if (!written) {
        terminal.fail(Problem(written.error()));
        return could_not_run;
      }
    }
    if (!options.timelines.empty()) {
      const auto written = write_public_file(concat(options.timelines, "/", base_name(file), ".svg"),
                                             stories::timeline_of(*story, *played), IfExists::replace);
      if (!written) {
        terminal.fail(Problem(written.error()));
        return could_not_run;
      }
    }
    auto document = stories::to_json(*story, *played);
    documents.push(document.set("file", file));
    if (played->surprise) {
      ++otherwise;
      terminal.line(concat("NOT as told: ", story->name, "  (", story->source, ")"), Ink::red);
      show_surprise(terminal, file, *played->surprise);
    } else {
      ++as_told;
      terminal.line(concat("as told: ", story->name), Ink::green);
    }
  }
  terminal.document(documents);
  terminal.line(concat(as_told, " as told, ", otherwise, " not, ", pending, " pending"),
                otherwise == 0 ? Ink::green : Ink::red);
  return otherwise == 0 ? fine : answer_is_no;
}

}  // namespace sallyport::cli
