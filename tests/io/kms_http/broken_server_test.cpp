// SPDX-License-Identifier: Apache-2.0
// Tests ReplicateKey with misbehaving servers and intermediaries. A request may be resent without a
// check only if it is certain that it was not sent or that it was rejected.
#include "io/http/http_client.hpp"
#include "tests/io/kms_http/broken_server_fixture.hpp"

namespace keyferry::io {
namespace {

namespace asio = boost::asio;

const std::string kGood = R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1"}})";
const std::string kCannotBeUsed = "the response is invalid";

BrokenServer::Script says_200(const std::string& body, const std::string& headers = "") {
    return responds_with(test::http_response("200 OK", body, headers));
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
        {"never_responds", silence_after_request, CallClass::unknown, "timed out", true},
        {"sends_one_header_byte_per_second",
         trickles("HTTP/1.1 200 OK\r\nX: "),
         CallClass::unknown,
         "timed out",
         true},
        {"sends_one_body_byte_per_second",
         trickles("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
         CallClass::unknown,
         "timed out",
         true},
    };
}

std::vector<BrokenServer> heads() {
    constexpr CallClass unknown = CallClass::unknown;
    return {
        {"speaks_http_0_9",
         responds_with("<html>hello</html>\r\n\r\n"),
         unknown,
         "reading the response"},
        {"speaks_http_2",
         responds_with(std::string("\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0", 18) +
                       "\r\n\r\n"),
         unknown,
         "reading the response"},
        {"speaks_ssh",
         responds_with("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
         unknown,
         "reading the response"},
        {"sends_nul_in_headers",
         responds_with(std::string("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 27)),
         unknown,
         "reading the response"},
        {"sends_endless_headers",
         answers_endlessly("HTTP/1.1 200 OK\r\n", "X-More: more\r\n"),
         unknown,
         "the headers exceed 16384 bytes"},
        {"sends_an_endless_header",
         answers_endlessly("HTTP/1.1 200 OK\r\nX: ", "x"),
         unknown,
         "the headers exceed 16384 bytes"},
        {"sends_endless_interim_responses",
         answers_endlessly("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
         unknown,
         "too many interim responses"},
        {"sends_two_content_lengths",
         responds_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n" +
                       kGood),
         unknown,
         "reading the response"},
        {"sends_content_length_and_chunks",
         responds_with(
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"
             "{}\r\n0\r\n\r\n"),
         unknown,
         ""},
        {"sends_negative_content_length",
         responds_with("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + kGood),
         unknown,
         "reading the response"},
        {"redirects",
         responds_with(
             test::http_response("307 Temporary Redirect", "", "Location: https://elsewhere/\r\n")),
         unknown,
         "HTTP status 307 without an error code"},
    };
}

std::vector<BrokenServer> bodies() {
    constexpr CallClass unknown = CallClass::unknown;
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return {
        {"announces_ten_gigabytes",
         answers_endlessly("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", "x"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"sends_an_endless_body",
         answers_endlessly("HTTP/1.1 200 OK\r\n\r\n", "x"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"sends_less_than_announced",
         [](test::ScriptedPeer& peer, VirtualClock&) -> asio::awaitable<void> {
             co_await peer.request();
             co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + kGood);
         },
         unknown,
         "in the middle of the response"},
        {"sends_more_than_announced",
         responds_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + kGood),
         unknown,
         kCannotBeUsed},
        {"announces_a_chunk_of_one_exbibyte",
         answers_endlessly(chunked + "1000000000000000\r\n", "x"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"announces_a_chunk_size_that_overflows",
         responds_with(chunked + "fffffffffffffffff\r\nx"),
         unknown,
         "reading the response"},
        {"sends_endless_tiny_chunks",
         answers_endlessly(chunked, "1\r\nx\r\n"),
         unknown,
         "the body exceeds 1048576 bytes"},
        {"sends_an_endless_chunk_header",
         answers_endlessly(chunked + "1;", "x"),
         unknown,
         "a chunk header or the trailer exceeds 16384 bytes"},
        {"sends_an_endless_trailer",
         answers_endlessly(chunked + "0\r\nX: ", "x"),
         unknown,
         "a chunk header or the trailer exceeds 16384 bytes"},
        {"sends_an_invalid_chunk",
         responds_with(chunked + "zz\r\nx"),
         unknown,
         "reading the response"},
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
        {"sends_an_empty_body", says_200(""), unknown, kCannotBeUsed},
        {"responds_with_204",
         responds_with("HTTP/1.1 204 No Content\r\n\r\n"),
         unknown,
         "HTTP status 204"},
        {"responds_with_html_and_200", says_200("<html>busy</html>"), unknown, kCannotBeUsed},
        {"responds_with_html_and_502",
         responds_with(test::http_response("502 Bad Gateway", "<html>busy</html>")),
         unknown,
         "HTTP status 502"},
        {"sends_a_truncated_error",
         responds_with(test::http_response("400 Bad Request", R"({"__type":"ThrottlingExc)")),
         unknown,
         "HTTP status 400 without an error code"},
        {"sends_contradictory_error_codes",
         responds_with(test::http_response(
             "400 Bad Request",
             R"({"__type":"ValidationException","__type":"KMSInternalException"})")),
         unknown,
         "HTTP status 400 without an error code"},
        {"sends_invalid_utf_8",
         says_200("{\"ReplicaKeyMetadata\":{\"KeyId\":\"mrk-\xff\"}}"),
         unknown,
         kCannotBeUsed},
        {"nests_100000_levels_deep",
         says_200(R"({"ReplicaKeyMetadata":)" + deep + "}"),
         unknown,
         kCannotBeUsed},
        {"nests_deep_in_an_unused_member",
         says_200(R"({"New":)" + deep + R"(,"ReplicaKeyMetadata":{"KeyId":"mrk-1"}})"),
         CallClass::answered,
         ""},
        {"repeats_a_member",
         says_200(R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1","KeyId":"mrk-2"}})"),
         unknown,
         "a member is repeated"},
        {"sends_the_json_twice",
         says_200(R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1"},"ReplicaKeyMetadata":)"
                  R"({"KeyId":"mrk-1"}})"),
         unknown,
         "a member is repeated"},
        {"uses_wrong_types",
         says_200(R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1","Enabled":"yes"}})"),
         unknown,
         kCannotBeUsed},
        {"omits_the_key_id",
         says_200(R"({"ReplicaKeyMetadata":{"KeyState":"Creating"}})"),
         unknown,
         kCannotBeUsed},
        {"sends_extra_data_after_the_json", says_200(kGood + "{}"), unknown, kCannotBeUsed},
        {"sends_an_escape_sequence_in_request_id",
         says_200(kGood, "x-amzn-RequestId: \x1b[31m\r\n"),
         unknown,
         "bad value"},
        {"sends_an_invalid_request_id",
         says_200(kGood, "x-amzn-RequestId: \xc2\x9b\xff\r\n"),
         CallClass::answered,
         ""},
    };
}

TEST_P(BrokenServerTest, is_classified_in_time_without_leaks) {
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

/// If the reset arrives before the request is sent, both outcomes are valid.
TEST(ServerThatResetsImmediately, call_fails_immediately) {
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
