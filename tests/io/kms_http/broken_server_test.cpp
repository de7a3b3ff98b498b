// SPDX-License-Identifier: Apache-2.0
// What becomes of a ReplicateKey when the server, or something on the way to it, does not behave.
// Only what surely never left, or was surely refused, may be sent again without a look.
#include "io/http/http_client.hpp"
#include "tests/io/kms_http/broken_server_fixture.hpp"

namespace keyferry::io {
namespace {

namespace asio = boost::asio;

const std::string kGood = R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1"}})";
const std::string kCannotBeUsed = "the response is invalid";

BrokenServer::Script says_200(const std::string& body, const std::string& headers = "") {
    return answers(test::http_answer("200 OK", body, headers));
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) {
        result += piece;
    }
    return result;
}

asio::awaitable<void> close_after_request(test::ScriptedPeer& peer, VirtualClock& /*clock*/) {
    co_await peer.request();
}

asio::awaitable<void> reset_after_request(test::ScriptedPeer& peer, VirtualClock& /*clock*/) {
    co_await peer.request();
    peer.reset();
}

asio::awaitable<void> silence_after_request(test::ScriptedPeer& peer, VirtualClock& clock) {
    co_await peer.request();
    co_await stay_silent(peer, clock);
}

std::vector<BrokenServer> connections() {
    return {
        {"closes_after_the_request",
         close_after_request,
         CallClass::unknown,
         "the connection was closed"},
        {"resets_after_the_request", reset_after_request, CallClass::unknown, "Connection reset"},
        {"is_silent", silence_after_request, CallClass::unknown, "timed out", true},
        {"sends_a_byte_of_the_head_a_second",
         trickles("HTTP/1.1 200 OK\r\nX: "),
         CallClass::unknown,
         "timed out",
         true},
        {"sends_a_byte_of_the_body_a_second",
         trickles("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
         CallClass::unknown,
         "timed out",
         true},
    };
}

std::vector<BrokenServer> heads() {
    constexpr CallClass unknown = CallClass::unknown;
    return {
        {"speaks_http_0_9", answers("<html>hello</html>\r\n\r\n"), unknown, "reading the response"},
        {"speaks_http_2",
         answers(std::string("\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0", 18) + "\r\n\r\n"),
         unknown,
         "reading the response"},
        {"speaks_ssh", answers("SSH-2.0-OpenSSH_9.2\r\n\r\n"), unknown, "reading the response"},
        {"has_nul_in_its_head",
         answers(std::string("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 28)),
         unknown,
         "reading the response"},
        {"never_ends_its_head",
         answers_endlessly("HTTP/1.1 200 OK\r\n", "X-More: more\r\n"),
         unknown,
         "the headers exceed 16384 bytes"},
        {"never_ends_a_header",
         answers_endlessly("HTTP/1.1 200 OK\r\nX: ", "x"),
         unknown,
         "the headers exceed 16384 bytes"},
        {"sends_interim_answers_for_ever",
         answers_endlessly("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
         unknown,
         "too many interim responses"},
        {"has_two_lengths",
         answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n" + kGood),
         unknown,
         "reading the response"},
        {"has_a_length_and_chunks",
         answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"
                 "{}\r\n0\r\n\r\n"),
         unknown,
         ""},
        {"has_a_negative_length",
         answers("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + kGood),
         unknown,
         "reading the response"},
        {"redirects",
         answers(
             test::http_answer("307 Temporary Redirect", "", "Location: https://elsewhere/\r\n")),
         unknown,
         "HTTP status 307 without an error code"},
    };
}

std::vector<BrokenServer> bodies() {
    constexpr CallClass unknown = CallClass::unknown;
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return {
        {"promises_ten_gigabytes",
         answers_endlessly("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", "x"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"never_ends_its_body",
         answers_endlessly("HTTP/1.1 200 OK\r\n\r\n", "x"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"sends_less_than_promised",
         [](test::ScriptedPeer& peer, VirtualClock&) -> asio::awaitable<void> {
             co_await peer.request();
             co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + kGood);
         },
         unknown,
         "in the middle of the response"},
        {"sends_more_than_promised",
         answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + kGood),
         unknown,
         kCannotBeUsed},
        {"sends_a_chunk_of_an_exbibyte",
         answers_endlessly(chunked + "1000000000000000\r\n", "x"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"sends_a_chunk_larger_than_any_number",
         answers(chunked + "fffffffffffffffff\r\nx"),
         unknown,
         "reading the response"},
        {"sends_tiny_chunks_for_ever",
         answers_endlessly(chunked, "1\r\nx\r\n"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"never_ends_a_chunks_head",
         answers_endlessly(chunked + "1;", "x"),
         unknown,
         "chunk header or trailer longer than 16384 bytes"},
        {"never_ends_its_trailer",
         answers_endlessly(chunked + "0\r\nX: ", "x"),
         unknown,
         "chunk header or trailer longer than 16384 bytes"},
        {"sends_a_bad_chunk", answers(chunked + "zz\r\nx"), unknown, "reading the response"},
        {"sends_gzip",
         says_200(std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) + std::string(10'000, '\0'),
                  "Content-Encoding: gzip\r\n"),
         unknown,
         kCannotBeUsed},
    };
}

std::vector<BrokenServer> contents() {
    constexpr CallClass unknown = CallClass::unknown;
    const std::string deep = repeated("[", 100'000) + repeated("]", 100'000);
    return {
        {"says_nothing_in_its_body", says_200(""), unknown, kCannotBeUsed},
        {"answers_no_content",
         answers("HTTP/1.1 204 No Content\r\n\r\n"),
         unknown,
         "HTTP status 204"},
        {"answers_html", says_200("<html>busy</html>"), unknown, kCannotBeUsed},
        {"answers_with_html_and_502",
         answers(test::http_answer("502 Bad Gateway", "<html>busy</html>")),
         unknown,
         "HTTP status 502"},
        {"answers_a_broken_error",
         answers(test::http_answer("400 Bad Request", R"({"__type":"ThrottlingExc)")),
         unknown,
         "HTTP status 400 without an error code"},
        {"answers_two_errors_at_once",
         answers(test::http_answer(
             "400 Bad Request",
             R"({"__type":"ValidationException","__type":"KMSInternalException"})")),
         unknown,
         "HTTP status 400 without an error code"},
        {"writes_invalid_utf_8",
         says_200("{\"ReplicaKeyMetadata\":{\"KeyId\":\"mrk-\xff\"}}"),
         unknown,
         kCannotBeUsed},
        {"nests_a_hundred_thousand_deep",
         says_200(R"({"ReplicaKeyMetadata":)" + deep + "}"),
         unknown,
         kCannotBeUsed},
        {"nests_deep_where_nobody_looks",
         says_200(R"({"New":)" + deep + R"(,"ReplicaKeyMetadata":{"KeyId":"mrk-1"}})"),
         CallClass::answered,
         ""},
        {"writes_a_member_twice",
         says_200(R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1","KeyId":"mrk-2"}})"),
         unknown,
         "a member is repeated"},
        {"writes_the_answer_twice",
         says_200(R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1"},"ReplicaKeyMetadata":)"
                  R"({"KeyId":"mrk-1"}})"),
         unknown,
         "a member is repeated"},
        {"mistakes_types",
         says_200(R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1","Enabled":"yes"}})"),
         unknown,
         kCannotBeUsed},
        {"leaves_the_key_out",
         says_200(R"({"ReplicaKeyMetadata":{"KeyState":"Creating"}})"),
         unknown,
         kCannotBeUsed},
        {"writes_more_behind_its_json", says_200(kGood + "{}"), unknown, kCannotBeUsed},
        {"has_an_escape_in_its_request_id",
         says_200(kGood, "x-amzn-RequestId: \x1b[31m\r\n"),
         unknown,
         "bad value"},
        {"mumbles_its_request_id",
         says_200(kGood, "x-amzn-RequestId: \xc2\x9b\xff\r\n"),
         CallClass::answered,
         ""},
    };
}

TEST_P(BrokenServerTest, leads_to_the_right_class_in_time_and_leaves_nothing_behind) {
    meet_the_server("http://127.0.0.1");
}

INSTANTIATE_TEST_SUITE_P(Connections,
                         BrokenServerTest,
                         ::testing::ValuesIn(connections()),
                         name_of_server);
INSTANTIATE_TEST_SUITE_P(Heads, BrokenServerTest, ::testing::ValuesIn(heads()), name_of_server);
INSTANTIATE_TEST_SUITE_P(Bodies, BrokenServerTest, ::testing::ValuesIn(bodies()), name_of_server);
INSTANTIATE_TEST_SUITE_P(Contents,
                         BrokenServerTest,
                         ::testing::ValuesIn(contents()),
                         name_of_server);

/// When the reset comes before the request, the request may have left or not; both are true.
TEST(ServerThatResetsAtOnce, is_not_waited_for) {
    asio::io_context io{1};
    VirtualClock clock(io);
    test::ScriptedServer server(io);
    server.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        peer.reset();
        co_return;
    });
    HttpClient client(io, clock, HttpSettings());
    const HttpTarget target = client.target(HttpOrigin(false, "127.0.0.1", server.port()));
    const HttpOutcome outcome = test::run_to_end(io, target.exchange("POST / HTTP/1.1\r\n\r\n"));
    ASSERT_EQ(outcome.index(), 1U);
    EXPECT_FALSE(std::get<HttpFailure>(outcome).timed_out);
    EXPECT_EQ(clock.now(), Moment());
}

}  // namespace
}  // namespace keyferry::io
