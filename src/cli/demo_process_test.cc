#include "cli/demo_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

namespace sallyport::cli {
namespace {

TEST(RunToEnd, GivesTheStatusAndBothOutputs) {
  const auto ran = run_to_end({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 3);
  EXPECT_EQ(ran->output, "out\nerr\n");
}

TEST(RunToEnd, AddsToTheEnvironment) {
  EXPECT_EQ(run_to_end({"sh", "-c", "echo $WORD"}, {"WORD=sally"})->output, "sally\n");
}

TEST(RunToEnd, SaysWhenThereIsNoSuchProgram) {
  EXPECT_EQ(run_to_end({"/no/such/program"}).error().kind, FaultKind::not_found);
}

TEST(RunToEnd, CutsWhatNobodyWouldRead) {
  const auto ran = run_to_end({"sh", "-c", "head -c 1000000 /dev/zero"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 0);
  EXPECT_EQ(ran->output.size(), child_output_bytes_max);
}

TEST(ChildProcess, IsStoppedByItsId) {
  auto child = ChildProcess::start({"sleep", "60"}, "/dev/null");
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->running());
  child->stop();
  EXPECT_FALSE(child->running());
}

TEST(ChildProcess, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::start({"sleep", "60"}, "/dev/null");
    ASSERT_TRUE(child);
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Interruptions, TakeNoteOfASignalInsteadOfDying) {
  Interruptions interruptions;
  EXPECT_FALSE(interruptions.wait(std::chrono::milliseconds(0)));
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(interruptions.wait(std::chrono::milliseconds(1000)));
}

}  // namespace
}  // namespace sallyport::cli
