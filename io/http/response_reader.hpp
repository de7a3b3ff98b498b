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

/// The response headers that somebody reads. All others are checked for form and forgotten.
enum class ResponseHeader : std::uint8_t {
    request_id,   ///< x-amzn-RequestId
    retry_after,  ///< x-amz-retry-after
    error_type,   ///< x-amzn-ErrorType
    date,
    content_type,
};
inline constexpr std::size_t kResponseHeaders = 5;

/// Bytes behind a body that may be read (their values mean nothing): what simdjson wants.
inline constexpr std::size_t kBodyPaddingBytes = 64;

/// Makes one HTTP/1.1 response out of the bytes of a connection, and does no I/O. It owns the one
/// flat buffer that bytes are received into; the body is handed out as a view of it, chunked or
/// not, with kBodyPaddingBytes behind. Answers to POST are expected (HEAD would have no body).
///
/// Interim responses (1xx) are skipped, at most kInterimResponsesMax of them.
class ResponseReader {
  public:
    static constexpr std::size_t kInterimResponsesMax = 8;

    enum class State : std::uint8_t { incomplete, complete, malformed };

    ResponseReader(std::size_t head_bytes_max, std::size_t body_bytes_max);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    /// Forgets the last response, if any, and expects the next.
    void start();

    /// Where the next bytes belong; at least one byte long, as a rule 8 KiB and more. Valid until
    /// the next call of a function that is not const. Only while the state is incomplete.
    std::span<char> space();

    /// `count` bytes were put at the beginning of space().
    State received(std::size_t count);

    /// The connection ended. Completes a response whose body is as long as the connection lives;
    /// any other that is not complete stays incomplete.
    State ended();

    /// True before the first byte of a response.
    [[nodiscard]] bool untouched() const noexcept { return size_ == 0 && interim_responses_ == 0; }

    /// Why the state is malformed: a short text such as "bad version".
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

    // For a complete response. Views stay valid until start().
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] std::string_view body() const noexcept {
        return {buffer_.get() + head_size_, body_size_};
    }
    /// Empty when the response has no such header.
    [[nodiscard]] std::string_view header(ResponseHeader name) const noexcept;
    /// Whether the server keeps the connection open, and sent no more than the response.
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

    // The buffer: the head [0, head_size_), the body as far as it is known [.., +body_size_), then
    // bytes not yet parsed [parsed_, size_), then room.
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
