#include "cli/problem.h"

#include <gtest/gtest.h>

namespace sallyport::cli {
namespace {

HttpResponse answered(int status, std::string body) {
  HttpResponse out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

TEST(ExitCodes, ARuleThatSaysNoIsThree) {
  const auto problem = problem_of(
      answered(403, R"({"type":"urn:sallyport:denial:requester_may_not_approve","title":"requester_may_not_approve",)"
                    R"("status":403,"detail":"`tom` opened this case"})"));
  EXPECT_EQ(exit_code_of(problem), ExitCode::refused);
  EXPECT_EQ(denial_code_of(problem), "requester_may_not_approve");
}

TEST(ExitCodes, ADenialOfAnUnknownOutcomeIsEight) {
  EXPECT_EQ(exit_code_of(problem_of(answered(409, R"({"type":"urn:sallyport:denial:outcome_unknown"})"))),
            ExitCode::outcome_unknown);
}

TEST(ExitCodes, AMissingTokenIsFourWhateverItsStatus) {
  EXPECT_EQ(exit_code_of(problem_of(answered(401, R"({"type":"urn:sallyport:auth:token_missing"})"))),
            ExitCode::not_signed_in);
  EXPECT_EQ(exit_code_of(problem_of(answered(403, R"({"type":"urn:sallyport:auth:role_missing"})"))),
            ExitCode::not_signed_in);
}

TEST(ExitCodes, FaultsHaveTheirOwn) {
  EXPECT_EQ(exit_code_of(Problem(Fault{FaultKind::invalid, "x"})), ExitCode::bad_input);
  EXPECT_EQ(exit_code_of(Problem(Fault{FaultKind::not_found, "x"})), ExitCode::not_found);
  EXPECT_EQ(exit_code_of(Problem(Fault{FaultKind::unavailable, "x"})), ExitCode::unavailable);
  EXPECT_EQ(exit_code_of(Problem(Fault{FaultKind::unknown, "x"})), ExitCode::outcome_unknown);
  EXPECT_EQ(exit_code_of(Problem(Fault{FaultKind::corrupt, "x"})), ExitCode::other);
}

TEST(ExitCodes, AnAnswerThatIsNoProblemJsonGoesByItsStatus) {
  EXPECT_EQ(exit_code_of(problem_of(answered(404, "<html>"))), ExitCode::not_found);
  EXPECT_EQ(exit_code_of(problem_of(answered(400, "[]"))), ExitCode::bad_input);
  EXPECT_EQ(exit_code_of(problem_of(answered(503, ""))), ExitCode::unavailable);
  EXPECT_EQ(exit_code_of(problem_of(answered(500, "{}"))), ExitCode::other);
}

}  // namespace
}  // namespace sallyport::cli
