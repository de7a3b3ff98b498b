// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The response headers that callers use. Others are only checked for validity.
enum class ResponseHeader : std::uint8_t {
    request_id,   ///< x-amzn-RequestId
    retry_after,  ///< x-amz-retry-after
    error_type,   ///< x-amzn-ErrorType
    date,
    content_type,
};
inline constexpr std::size_t kResponseHeaders = 5;

/// The number of readable bytes (with unspecified values) after a body, as required by simdjson.
inline constexpr std::size_t kBodyPaddingBytes = 64;

/// Parses HTTP/1.1 responses from the bytes of a connection, without I/O. It owns a single flat
/// buffer into which bytes are received. The body, whether chunked or not, is a view into this
/// buffer and is followed by kBodyPaddingBytes bytes. Responses to HEAD requests, which have no
/// body, are not supported.
///
/// Skips up to kInterimResponsesMax interim responses (1xx) before each response.
class ResponseReader {
  public:
    static constexpr std::size_t kInterimResponsesMax = 8;

    enum class State : std::uint8_t { incomplete, complete, malformed };

    ResponseReader(std::size_t head_bytes_max, std::size_t body_bytes_max);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    /// Discards the last response, if any, and prepares for the next.
    void start();

    /// Returns the buffer space for the next bytes: at least one byte, usually 8 KiB or more. Valid
    /// until the next call to a non-const function. May be called only while the state is
    /// incomplete.
    std::span<char> space();

    /// Processes `count` bytes that were written to the start of space().
    State received(std::size_t count);

    /// Reports the end of the connection. This completes a response whose body extends to the end
    /// of the connection; any other incomplete response stays incomplete.
    State ended();

    /// Whether no byte of a response has been received yet.
    [[nodiscard]] bool untouched() const noexcept { return size_ == 0 && interim_responses_ == 0; }

    /// A short description of the error in a malformed response, such as "bad version".
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

    // The following functions are for complete responses. Views are valid until start() is called.
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] std::string_view body() const noexcept {
        return {buffer_.get() + head_size_, body_size_};
    }
    /// Returns an empty view if the header is missing.
    [[nodiscard]] std::string_view header(ResponseHeader name) const noexcept;
    /// Whether the server will keep the connection open and has sent no extra bytes after the
    /// response.
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

  private:
    class Parser;
    enum class BodyKind : std::uint8_t { unknown, sized, chunked, until_end };
    struct HeaderRange {
        std::size_t begin = 0;
        std::size_t size = 0;
    };

    State parse_head();
    State parse_chunks();
    State check_body();
    State complete();
    State malformed(std::string problem);
    void skip_interim_response(std::size_t consumed);
    void grow_to(std::size_t capacity);

    const std::size_t head_bytes_max_;
    const std::size_t body_bytes_max_;

    // Buffer layout: the header section at [0, head_size_), then the body_size_ bytes of the body
    // received so far, unparsed bytes at [parsed_, size_), and free space.
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
    std::size_t parsed_ = 0;
    std::size_t head_size_ = 0;
    std::size_t body_size_ = 0;

    BodyKind body_kind_ = BodyKind::unknown;
    std::size_t content_length_ = 0;
    std::size_t interim_responses_ = 0;
    int status_ = 0;
    bool keep_alive_ = false;
    std::array<HeaderRange, kResponseHeaders> headers_{};
    std::string problem_;
    std::unique_ptr<Parser> parser_;
};

}  // namespace keyferry::io
