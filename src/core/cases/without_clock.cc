#include "core/cases/without_clock.h"

#include <variant>

namespace sallyport {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

// Each says for itself: one that is added does not compile until somebody has thought about it.
bool stands_without_clock(const CaseCommand& command) noexcept {
  return std::visit(Overloaded{[](const OpenCase&) { return false; }, [](const JoinClaimant&) { return false; },
                               [](const RequestSignal&) { return false; }, [](const RecordEvidence&) { return false; },
                               [](const SealSecret&) { return false; }, [](const Approve&) { return false; },
                               [](const DenyCase&) { return true; }, [](const RequestExecution&) { return false; },
                               [](const Proceed&) { return false; }, [](const RecordIntent&) { return false; },
                               // Nothing is lost: the directory has done it, or has not.
                               [](const RecordOutcome&) { return true; }, [](const CancelCase&) { return true; },
                               [](const Object&) { return true; },
                               // It would stop something, but by the clock alone; it is late then, and no harm is done.
                               [](const ExpireCase&) { return false; }, [](const RecordNotice&) { return false; },
                               [](const ReviewCase&) { return false; },
                               // It ends a case that can do nothing, after its exercise was opened by a clock that was.
                               [](const EndExercise&) { return true; }},
                    command);
}

bool stands_without_clock(const OrganizationChange& change) noexcept {
  return std::visit(
      Overloaded{[](const StaffEnrolled&) { return false; }, [](const StaffRemoved&) { return true; },
                 [](const ProposePolicy&) { return false; }, [](const ChangeApproved&) { return false; },
                 [](const ChangeRejected&) { return true; }, [](const ChangeWithdrawn&) { return true; },
                 [](const ExerciseSealed&) { return false; }, [](const ExerciseOpened&) { return false; }},
      change);
}

bool stands_without_clock(const EnrolmentEvent& event) noexcept {
  return std::holds_alternative<TokenIssued>(event) || std::holds_alternative<TokenRevoked>(event);
}

}  // namespace sallyport
