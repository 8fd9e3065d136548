// What an exercise's case may do is nothing: only of a live case there is an authorization, and so an action.
// expect: (can|could )not convert|no matching function|no viable conversion|invalid initialization
#include "core/ledger/readjudicate.h"

using namespace sallyport;

Ruling<Authorization> act(const ExerciseCase& exercise, const LiveCase& live, const OrganizationState& organization) {
#ifdef MUST_NOT_COMPILE
  (void)live;
  return authorize(exercise, organization, Instant());
#else
  (void)exercise;
  return authorize(live, organization, Instant());
#endif
}
