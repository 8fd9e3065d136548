// Live exercises, as the server keeps them: plans one, has an operator sign its seal, opens it, ends the cases that
// were its own, and scores it (docs/decisions/0014-exercises.md). Nothing here decides whether a case may act: the
// executor asks that for itself (core/ledger/exercise_register.h), so a case of an exercise takes the same way through
// this process as every other, and nobody can tell them apart by it.
//
// No plan is logged, and none leaves this class before it is opened but to the operators who ask for it here.
// Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "app/adjudicator.h"
#include "app/exercise_rows.h"
#include "core/exercises/score.h"

namespace sallyport {

class ExerciseDesk {
 public:
  ExerciseDesk(Adjudicator& adjudicator, const EventReader& reader, const SealedRows& rows, Entropy& entropy)
      : adjudicator_(adjudicator), reader_(reader), rows_(rows), entropy_(entropy) {}

  // The plan with a fresh salt, once nothing stands against it; `plan.salt` is not read.
  [[nodiscard]] Result<Ruling<ExercisePlan>> draw_up(ExercisePlan plan) const;
  // Seals and keeps it. The signature is over its commitment.
  void start(ExercisePlan plan, ChangeSignature signature, DoneCallback done);

  // Of a sealed exercise; `exercise_not_sealed` otherwise.
  [[nodiscard]] Result<Ruling<ExercisePlan>> plan_of(std::uint64_t exercise) const;
  // Tells the ledger what it was, and ends its cases. No signature: it opens by itself.
  void open(std::uint64_t exercise, std::optional<ChangeSignature> signature, DoneCallback done);
  // Of one that was opened; `exercise_not_sealed` otherwise.
  [[nodiscard]] Result<Ruling<ExerciseScore>> score(std::uint64_t exercise) const;

  // Opens what is due, and ends cases that are not ended yet, of an earlier run too. Call it often.
  void tick();

 private:
  [[nodiscard]] Result<Ruling<void>> stands_alone(const ExercisePlan& plan) const;
  void end_cases();
  void end_case(std::uint64_t exercise, const CaseId& id);

  Adjudicator& adjudicator_;
  const EventReader& reader_;
  const SealedRows& rows_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::set<std::uint64_t> opening_;  // by itself, at this moment
  std::set<CaseId> ending_;          // at this moment
  std::set<std::uint64_t> ended_;    // exercises of which every case is closed
  Instant look_again_at_;
};

}  // namespace sallyport
