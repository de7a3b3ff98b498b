// SPDX-License-Identifier: Apache-2.0
#include "io/http/response_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace keyferry::io {
namespace {

using ReaderState = ResponseReader::State;

constexpr std::size_t kHeadMax = 1024;
constexpr std::size_t kBodyMax = 4096;

class ResponseReaderTest : public ::testing::Test {
  protected:
    /// Feeds the bytes to the reader, at most `piece_bytes` at a time.
    ReaderState read(std::string_view bytes, std::size_t piece_bytes = 1'000'000) {
        ReaderState state = ReaderState::incomplete;
        while (!bytes.empty() && state == ReaderState::incomplete) {
            const std::span<char> space = reader_.space();
            const std::size_t count = std::min({bytes.size(), piece_bytes, space.size()});
            std::copy_n(bytes.begin(), count, space.begin());
            bytes.remove_prefix(count);
            state = reader_.received(count);
        }
        return state;
    }

    ResponseReader reader_{kHeadMax, kBodyMax};
};

TEST_F(ResponseReaderTest, reads_status_body_and_the_wanted_headers) {
    ASSERT_EQ(read("HTTP/1.1 400 Bad Request\r\n"
                   "x-amzn-RequestId: 1234-abcd\r\n"
                   "X-AMZN-ErrorType:  ValidationException:http://x/  \r\n"
                   "x-amz-retry-after: 1500\r\n"
                   "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
                   "Content-Type: application/x-amz-json-1.1\r\n"
                   "x-amz-other: a\r\n"
                   "Content-Length: 2\r\n\r\n{}"),
              ReaderState::complete);
    EXPECT_EQ(reader_.status(), 400);
    EXPECT_EQ(reader_.body(), "{}");
    EXPECT_EQ(reader_.header(ResponseHeader::request_id), "1234-abcd");
    EXPECT_EQ(reader_.header(ResponseHeader::error_type), "ValidationException:http://x/");
    EXPECT_EQ(reader_.header(ResponseHeader::retry_after), "1500");
    EXPECT_EQ(reader_.header(ResponseHeader::date), "Mon, 23 Nov 2026 12:00:00 GMT");
    EXPECT_EQ(reader_.header(ResponseHeader::content_type), "application/x-amz-json-1.1");
    EXPECT_TRUE(reader_.keep_alive());
}

TEST_F(ResponseReaderTest, missing_header_is_empty) {
    ASSERT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), ReaderState::complete);
    EXPECT_EQ(reader_.header(ResponseHeader::request_id), "");
    EXPECT_EQ(reader_.body(), "");
}

TEST_F(ResponseReaderTest, result_does_not_depend_on_fragmentation) {
    const std::string bytes =
        "HTTP/1.1 200 OK\r\nx-amzn-requestid: r1\r\nContent-Length: 5\r\n\r\nhello";
    ASSERT_EQ(read(bytes, 1), ReaderState::complete);
    EXPECT_EQ(reader_.status(), 200);
    EXPECT_EQ(reader_.body(), "hello");
    EXPECT_EQ(reader_.header(ResponseHeader::request_id), "r1");
}

TEST_F(ResponseReaderTest, joins_chunks_regardless_of_fragmentation) {
    const std::string bytes =
        "HTTP/1.1 200 OK\r\nx-amzn-requestid: r1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n7;why=not\r\n, world\r\n0\r\nX-Trailer: t\r\n\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        reader_.start();
        ASSERT_EQ(read(bytes, piece), ReaderState::complete) << piece;
        EXPECT_EQ(reader_.body(), "hello, world") << piece;
        EXPECT_EQ(reader_.header(ResponseHeader::request_id), "r1") << piece;
        EXPECT_TRUE(reader_.keep_alive()) << piece;
    }
}

TEST_F(ResponseReaderTest, reads_a_body_that_ends_with_the_connection) {
    ASSERT_EQ(read("HTTP/1.1 503 Service Unavailable\r\n\r\n<html>"), ReaderState::incomplete);
    ASSERT_EQ(read("sorry"), ReaderState::incomplete);
    ASSERT_EQ(reader_.ended(), ReaderState::complete);
    EXPECT_EQ(reader_.body(), "<html>sorry");
    EXPECT_FALSE(reader_.keep_alive());
}

TEST_F(ResponseReaderTest, truncated_response_stays_incomplete) {
    for (const char* part :
         {"",
          "HTTP/1.1 2",
          "HTTP/1.1 200 OK\r\nContent-Le",
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        reader_.start();
        EXPECT_EQ(read(part), ReaderState::incomplete) << part;
        EXPECT_EQ(reader_.ended(), ReaderState::incomplete) << part;
    }
}

TEST_F(ResponseReaderTest, is_untouched_until_the_first_byte) {
    EXPECT_TRUE(reader_.untouched());
    read("H");
    EXPECT_FALSE(reader_.untouched());
    reader_.start();
    EXPECT_TRUE(reader_.untouched());
}

TEST_F(ResponseReaderTest, skips_interim_responses) {
    ASSERT_EQ(read("HTTP/1.1 100 Continue\r\nx-amzn-requestid: no\r\n\r\n"
                   "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                   7),
              ReaderState::complete);
    EXPECT_EQ(reader_.status(), 200);
    EXPECT_EQ(reader_.body(), "{}");
    EXPECT_EQ(reader_.header(ResponseHeader::request_id), "");
}

TEST_F(ResponseReaderTest, limits_interim_responses) {
    std::string bytes;
    for (std::size_t i = 0; i <= ResponseReader::kInterimResponsesMax; ++i) {
        bytes += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    EXPECT_EQ(read(bytes), ReaderState::malformed);
    EXPECT_EQ(reader_.problem(), "too many interim responses (1xx)");
}

TEST_F(ResponseReaderTest, honors_connection_close) {
    ASSERT_EQ(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
              ReaderState::complete);
    EXPECT_FALSE(reader_.keep_alive());
    reader_.start();
    ASSERT_EQ(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), ReaderState::complete);
    EXPECT_FALSE(reader_.keep_alive());
}

TEST_F(ResponseReaderTest, extra_data_prevents_reuse) {
    ASSERT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1"),
              ReaderState::complete);
    EXPECT_EQ(reader_.body(), "{}");
    EXPECT_FALSE(reader_.keep_alive());
}

TEST_F(ResponseReaderTest, rejects_non_http_data) {
    static constexpr const char* kLengthAndChunked =
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n\r\n",
                              "HTTP/2.0 200 OK\r\n\r\n",
                              "HTTP/1.1 20 OK\r\n\r\n",
                              "HTTP/1.1 2x0 OK\r\n\r\n",
                              "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
                              "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                              kLengthAndChunked,
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n"}) {
        reader_.start();
        EXPECT_EQ(read(bytes), ReaderState::malformed) << bytes;
        EXPECT_FALSE(reader_.problem().empty()) << bytes;
    }
}

TEST_F(ResponseReaderTest, limits_headers) {
    const std::string start = "HTTP/1.1 200 OK\r\nX: ";
    const std::string end = "\r\nContent-Length: 0\r\n\r\n";
    const std::size_t room = kHeadMax - start.size() - end.size();
    EXPECT_EQ(read(start + std::string(room, 'x') + end), ReaderState::complete);
    reader_.start();
    EXPECT_EQ(read(start + std::string(room + 1, 'x') + end), ReaderState::malformed);
    EXPECT_EQ(reader_.problem(), "the headers exceed 1024 bytes");
}

TEST_F(ResponseReaderTest, limits_endless_fragmented_headers) {
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 500; ++i) {
        bytes += "A: b\r\n";
    }
    EXPECT_EQ(read(bytes, 6), ReaderState::malformed);
    EXPECT_EQ(reader_.problem(), "the headers exceed 1024 bytes");
}

TEST_F(ResponseReaderTest, rejects_excessive_content_length_immediately) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n"), ReaderState::malformed);
    EXPECT_EQ(reader_.problem(), "the body exceeds 4096 bytes");
    reader_.start();
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
              ReaderState::malformed);
}

TEST_F(ResponseReaderTest, limits_chunked_body) {
    std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 5; ++i) {
        bytes += "400\r\n" + std::string(1024, 'x') + "\r\n";
    }
    EXPECT_EQ(read(bytes, 100), ReaderState::malformed);
    EXPECT_EQ(reader_.problem(), "the body exceeds 4096 bytes");
}

TEST_F(ResponseReaderTest, rejects_excessive_chunk_size) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
              ReaderState::malformed);
}

TEST_F(ResponseReaderTest, limits_chunk_header) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    EXPECT_EQ(read(head + std::string(3000, 'x'), 100), ReaderState::malformed);
}

TEST_F(ResponseReaderTest, limits_body_that_ends_with_the_connection) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n" + std::string(4096, 'x')), ReaderState::incomplete);
    EXPECT_EQ(read("x"), ReaderState::malformed);
}

TEST_F(ResponseReaderTest, largest_body_has_padding) {
    const std::string body(kBodyMax, 'y');
    ASSERT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n" + body, 777),
              ReaderState::complete);
    EXPECT_EQ(reader_.body(), body);
    volatile char sum = 0;
    for (std::size_t i = 0; i < kBodyPaddingBytes; ++i) {
        sum = static_cast<char>(sum + reader_.body().data()[body.size() + i]);  // checked by ASan
    }
}

TEST_F(ResponseReaderTest, start_clears_previous_response) {
    ASSERT_EQ(read("HTTP/1.1 400 Bad\r\nx-amzn-requestid: old\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\nold\r\n0\r\n\r\n"),
              ReaderState::complete);
    reader_.start();
    ASSERT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n"), ReaderState::complete);
    EXPECT_EQ(reader_.status(), 204);
    EXPECT_EQ(reader_.body(), "");
    EXPECT_EQ(reader_.header(ResponseHeader::request_id), "");
}

}  // namespace
}  // namespace keyferry::io
