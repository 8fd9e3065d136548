#include "shell/http/response_text.h"

#include <gtest/gtest.h>

#include "shell/http/problem.h"

namespace sallyport {
namespace {

std::string head_of(const HttpResponse& response, ResponseFrame frame = {}) {
  frame.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  std::string out;
  append_response_head(out, response, frame);
  return out;
}

TEST(ResponseText, writes_the_date_of_the_standard) {  // RFC 9110 section 5.6.7
  HttpDate date;
  EXPECT_EQ(date.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ResponseText, writes_a_whole_head) {
  EXPECT_EQ(head_of({.status = 200, .body = "{}", .headers = {}}),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n"
            "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n");
}

TEST(ResponseText, leaves_caching_to_a_handler_that_speaks_of_it) {
  const auto head = head_of({.body = "x", .headers = {{"cache-control", "max-age=60"}}});
  EXPECT_NE(head.find("cache-control: max-age=60"), std::string::npos);
  EXPECT_EQ(head.find("no-store"), std::string::npos);
}

TEST(ResponseText, gives_no_length_where_there_can_be_no_body) {
  EXPECT_EQ(head_of({.status = 204, .body = "", .headers = {}}).find("Content-Length"), std::string::npos);
  EXPECT_TRUE(has_no_body(304, false));
  EXPECT_TRUE(has_no_body(200, true));
  EXPECT_FALSE(has_no_body(200, false));
}

TEST(ResponseText, does_not_send_a_header_that_would_end_its_line) {
  EXPECT_TRUE(is_sendable({.body = "", .headers = {{"Location", "/cases/1"}}}));
  EXPECT_FALSE(is_sendable({.body = "", .headers = {{"Location", "/cases/1\r\nSet-Cookie: a=b"}}}));
  EXPECT_FALSE(is_sendable({.body = "", .headers = {{"Loca tion", "/"}}}));
  EXPECT_FALSE(is_sendable({.body = "", .headers = {{"", "/"}}}));
  EXPECT_FALSE(is_sendable({.content_type = "text/html\n", .body = "", .headers = {}}));
}

TEST(ResponseText, does_not_let_handlers_set_framing_or_name_the_server) {
  for (const char* name : {"Content-Length", "Transfer-Encoding", "connection", "Server", "Date"})
    EXPECT_FALSE(is_sendable({.body = "", .headers = {{name, "1"}}})) << name;
}

TEST(ResponseText, refuses_a_status_that_is_not_final) {
  for (const int status : {0, 100, 199, 600, -1})
    EXPECT_FALSE(is_sendable({.status = status, .body = "", .headers = {}}));
  EXPECT_TRUE(is_sendable({.status = 599, .body = "", .headers = {}}));
}

TEST(Problem, has_the_members_of_the_standard_and_ours) {  // RFC 9457 section 3
  const auto response = problem(409, "wrong-version", "The case changed", "it is at version 4", "read it again",
                                Json::object({{"version", 4}}));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"detail":"it is at version 4","next_step":"read it again","status":409,"title":"The case changed",)"
            R"("type":"urn:sallyport:wrong-version","version":4})");
}

TEST(Problem, leaves_out_what_it_was_not_given) {
  EXPECT_EQ(problem(404, "no-such-case", "There is no such case").body,
            R"({"status":404,"title":"There is no such case","type":"urn:sallyport:no-such-case"})");
}

TEST(ProblemDeathTest, does_not_let_a_fact_replace_the_status) {
  EXPECT_DEATH((void)problem(403, "no", "No", {}, {}, Json::object({{"status", 200}})), "");
}

}  // namespace
}  // namespace sallyport
