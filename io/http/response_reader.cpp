// SPDX-License-Identifier: Apache-2.0
#include "io/http/response_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/optional/optional.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

namespace keyferry::io {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// Minimum space per receive; a KMS response with headers is about 2 KB.
constexpr std::size_t kReceiveBytesMin = std::size_t{8} * 1024;

std::optional<ResponseHeader> header_named(http::field field, beast::string_view name) {
    if (field == http::field::date) {
        return ResponseHeader::date;
    }
    if (field == http::field::content_type) {
        return ResponseHeader::content_type;
    }
    // Beast has no names for Amazon's headers.
    if (name[0] != 'x' && name[0] != 'X') {
        return std::nullopt;
    }
    if (beast::iequals(name, "x-amzn-requestid")) {
        return ResponseHeader::request_id;
    }
    if (beast::iequals(name, "x-amz-retry-after")) {
        return ResponseHeader::retry_after;
    }
    if (beast::iequals(name, "x-amzn-errortype")) {
        return ResponseHeader::error_type;
    }
    return std::nullopt;
}

}  // namespace

/// Uses Beast's parser without its containers. Records the positions of the headers in
/// ResponseHeader, and joins the chunks of a body.
class ResponseReader::Parser {
  public:
    explicit Parser(ResponseReader& reader) : reader_(reader) {}

    void start() {
        parse_.emplace(reader_);
        // The effective limit is ResponseReader's own, because Beast's limit applies only to
        // unparsed data.
        parse_->header_limit(static_cast<std::uint32_t>(reader_.head_bytes_max_) + 1);
        parse_->body_limit(reader_.body_bytes_max_);
    }

    /// Parses the available data of the current part (headers or a chunk); returns the number of
    /// bytes consumed.
    std::size_t put(beast::error_code& error) {
        const boost::asio::const_buffer bytes(reader_.buffer_.get() + reader_.parsed_,
                                              reader_.size_ - reader_.parsed_);
        return parse_->put(bytes, error);
    }

    bool head_done() const { return parse_->is_header_done(); }
    bool done() const { return parse_->is_done(); }
    bool chunked() const { return parse_->chunked(); }
    bool keep_alive() const { return parse_->keep_alive(); }
    bool until_end() const { return parse_->need_eof() && !parse_->is_done(); }
    std::uint64_t content_length() const { return parse_->content_length().value_or(0); }

  private:
    class Parse final : public http::basic_parser<false> {
      public:
        explicit Parse(ResponseReader& reader) : reader_(reader) {}

      private:
        void on_request_impl(
            http::verb, beast::string_view, beast::string_view, int, beast::error_code&) override {}
        void on_response_impl(int code, beast::string_view, int, beast::error_code&) override {
            reader_.status_ = code;
        }
        void on_field_impl(http::field field,
                           beast::string_view name,
                           beast::string_view value,
                           beast::error_code&) override {
            const std::optional<ResponseHeader> header = header_named(field, name);
            const char* const begin = reader_.buffer_.get();
            // Beast copies folded values, which are obsolete, to a separate buffer. The headers in
            // ResponseHeader are not folded.
            const bool in_buffer = std::less_equal<>()(begin, value.data()) &&
                                   std::less<>()(value.data(), begin + reader_.size_);
            if (header && in_buffer) {
                HeaderRange& range = reader_.headers_[static_cast<std::size_t>(*header)];
                range.begin = static_cast<std::size_t>(value.data() - begin);
                range.size = value.size();
            }
        }
        void on_header_impl(beast::error_code&) override {}
        void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {
        }
        std::size_t on_body_impl(beast::string_view body, beast::error_code&) override {
            return body.size();
        }
        void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t,
                                       beast::string_view piece,
                                       beast::error_code&) override {
            // Moves the chunk to the left, over the chunk headers. The unparsed data is to the
            // right of the chunk.
            std::memmove(reader_.buffer_.get() + reader_.head_size_ + reader_.body_size_,
                         piece.data(),
                         piece.size());
            reader_.body_size_ += piece.size();
            return piece.size();
        }
        void on_finish_impl(beast::error_code&) override {}

        ResponseReader& reader_;
    };

    ResponseReader& reader_;
    std::optional<Parse> parse_;
};

ResponseReader::ResponseReader(std::size_t head_bytes_max, std::size_t body_bytes_max)
    : head_bytes_max_(head_bytes_max),
      body_bytes_max_(body_bytes_max),
      parser_(std::make_unique<Parser>(*this)) {
    start();
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::start() {
    const std::size_t capacity_first = head_bytes_max_ + kReceiveBytesMin + kBodyPaddingBytes;
    if (capacity_ != capacity_first) {
        // The buffer does not exist yet, or a long response has enlarged it. An enlarged buffer is
        // not kept, because a thousand idle connections should not occupy a megabyte each.
        capacity_ = 0;
        size_ = 0;
        buffer_.reset();
        grow_to(capacity_first);
    }
    size_ = 0;
    parsed_ = 0;
    head_size_ = 0;
    body_size_ = 0;
    body_kind_ = BodyKind::unknown;
    content_length_ = 0;
    interim_responses_ = 0;
    status_ = 0;
    keep_alive_ = false;
    headers_.fill(HeaderRange());
    problem_.clear();
    parser_->start();
}

std::span<char> ResponseReader::space() {
    if (capacity_ - size_ < 1 + kBodyPaddingBytes) {
        grow_to(2 * capacity_);
    }
    return {buffer_.get() + size_, capacity_ - kBodyPaddingBytes - size_};
}

ResponseReader::State ResponseReader::received(std::size_t count) {
    assert(count <= capacity_ - kBodyPaddingBytes - size_);
    size_ += count;
    switch (body_kind_) {
        case BodyKind::unknown:
            return parse_head();
        case BodyKind::chunked:
            return parse_chunks();
        case BodyKind::sized:
        case BodyKind::until_end:
            break;
    }
    return check_body();
}

ResponseReader::State ResponseReader::parse_head() {
    beast::error_code error;
    while (!parser_->head_done()) {
        parsed_ += parser_->put(error);
        const bool too_long = (parser_->head_done() ? parsed_ : size_) > head_bytes_max_ ||
                              error == http::error::header_limit;
        if (too_long) {
            return malformed(fmt::format("the headers exceed {} bytes", head_bytes_max_));
        }
        if (error == http::error::need_more) {
            return State::incomplete;
        }
        if (error == http::error::body_limit) {
            return malformed(fmt::format("the body exceeds {} bytes", body_bytes_max_));
        }
        if (error) {
            return malformed(error.message());
        }
        if (parser_->head_done() && status_ / 100 == 1) {
            if (++interim_responses_ > kInterimResponsesMax) {
                return malformed("too many interim responses (1xx)");
            }
            skip_interim_response(parsed_);
        }
    }
    head_size_ = parsed_;
    if (parser_->chunked() && !parser_->done()) {
        body_kind_ = BodyKind::chunked;
        return parse_chunks();
    }
    if (parser_->until_end()) {
        body_kind_ = BodyKind::until_end;
        return check_body();
    }
    body_kind_ = BodyKind::sized;
    content_length_ = parser_->done() ? 0 : static_cast<std::size_t>(parser_->content_length());
    if (head_size_ + content_length_ + kBodyPaddingBytes > capacity_) {
        grow_to(head_size_ + content_length_ + kBodyPaddingBytes);
    }
    return check_body();
}

void ResponseReader::skip_interim_response(std::size_t consumed) {
    std::memmove(buffer_.get(), buffer_.get() + consumed, size_ - consumed);
    size_ -= consumed;
    parsed_ = 0;
    headers_.fill(HeaderRange());
    parser_->start();
}

ResponseReader::State ResponseReader::parse_chunks() {
    beast::error_code error;
    while (!parser_->done() && parsed_ < size_ && !error) {
        parsed_ += parser_->put(error);
    }
    if (error == http::error::body_limit || body_size_ > body_bytes_max_) {
        return malformed(fmt::format("the body exceeds {} bytes", body_bytes_max_));
    }
    if (error && error != http::error::need_more) {
        return malformed(error.message());
    }
    if (parser_->done()) {
        return complete();
    }
    // The remaining data is part of a chunk header or of the trailer.
    if (size_ - parsed_ > head_bytes_max_) {
        return malformed(
            fmt::format("a chunk header or the trailer exceeds {} bytes", head_bytes_max_));
    }
    const std::size_t body_end = head_size_ + body_size_;
    std::memmove(buffer_.get() + body_end, buffer_.get() + parsed_, size_ - parsed_);
    size_ -= parsed_ - body_end;
    parsed_ = body_end;
    return State::incomplete;
}

ResponseReader::State ResponseReader::check_body() {
    body_size_ = size_ - head_size_;
    if (body_kind_ == BodyKind::until_end) {
        return body_size_ > body_bytes_max_
                   ? malformed(fmt::format("the body exceeds {} bytes", body_bytes_max_))
                   : State::incomplete;
    }
    if (body_size_ < content_length_) {
        return State::incomplete;
    }
    body_size_ = content_length_;
    parsed_ = head_size_ + body_size_;
    return complete();
}

ResponseReader::State ResponseReader::complete() {
    const bool has_extra_bytes = parsed_ != size_;
    keep_alive_ = parser_->keep_alive() && !has_extra_bytes;
    return State::complete;
}

ResponseReader::State ResponseReader::ended() {
    if (body_kind_ != BodyKind::until_end) {
        return State::incomplete;
    }
    parsed_ = size_;
    keep_alive_ = false;
    return State::complete;
}

ResponseReader::State ResponseReader::malformed(std::string problem) {
    problem_ = std::move(problem);
    return State::malformed;
}

std::string_view ResponseReader::header(ResponseHeader name) const noexcept {
    const HeaderRange& range = headers_[static_cast<std::size_t>(name)];
    return {buffer_.get() + range.begin, range.size};
}

void ResponseReader::grow_to(std::size_t capacity) {
    auto larger = std::make_unique<char[]>(capacity);
    if (size_ != 0) {
        std::memcpy(larger.get(), buffer_.get(), size_);
    }
    buffer_ = std::move(larger);
    capacity_ = capacity;
}

}  // namespace keyferry::io
