// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/http_exchange.hpp"

#include "tools/simulator/server/plain_response.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <optional>

namespace keyferry::simulator {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr int kContentTooLarge = 413;
constexpr int kHeadersTooLarge = 431;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

std::string_view reason_of(int status) {
    const beast::string_view reason =
        http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
    return view(reason);
}

}  // namespace

struct HttpRequestReader::State {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
    std::optional<http::request_parser<http::string_body>> parser;
    io::SignableRequest request;
    int status_when_broken = kHttpBadRequest;
    bool continue_told = false;

    void reset() {
        parser.emplace();
        parser->header_limit(static_cast<std::uint32_t>(header_bytes_max));
        parser->body_limit(body_bytes_max);
        parser->eager(true);
        continue_told = false;
    }

    void fill_request() {
        const auto& message = parser->get();
        const std::string_view target = view(message.target());
        const std::size_t question = target.find('?');
        request.method = view(message.method_string());
        request.path = target.substr(0, question);
        request.query =
            question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
        request.body = message.body();
        request.headers.clear();
        for (const auto& field : message) {
            request.headers.push_back({view(field.name_string()), view(field.value())});
        }
    }
};

HttpRequestReader::HttpRequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : state_(std::make_unique<State>()) {
    state_->header_bytes_max = header_bytes_max;
    state_->body_bytes_max = body_bytes_max;
    state_->reset();
}

HttpRequestReader::~HttpRequestReader() = default;

HttpProgress HttpRequestReader::put(std::string_view bytes, std::size_t& consumed) {
    consumed = 0;
    boost::system::error_code error;
    while (consumed < bytes.size() && !state_->parser->is_done()) {
        const std::string_view rest = bytes.substr(consumed);
        const std::size_t taken =
            state_->parser->put(boost::asio::buffer(rest.data(), rest.size()), error);
        consumed += taken;
        if (error == http::error::need_more || (!error && taken == 0)) {
            break;
        }
        if (error) {
            state_->status_when_broken = error == http::error::header_limit ? kHeadersTooLarge
                                         : error == http::error::body_limit ? kContentTooLarge
                                                                            : kHttpBadRequest;
            return HttpProgress::broken;
        }
    }
    if (!state_->parser->is_done()) {
        return HttpProgress::more;
    }
    state_->fill_request();
    return HttpProgress::complete;
}

int HttpRequestReader::status_when_broken() const {
    return state_->status_when_broken;
}

bool HttpRequestReader::wants_continue() {
    if (state_->continue_told || !state_->parser->is_header_done() || state_->parser->is_done() ||
        !beast::iequals(state_->parser->get()[http::field::expect], "100-continue")) {
        return false;
    }
    state_->continue_told = true;
    return true;
}

const io::SignableRequest& HttpRequestReader::request() const {
    return state_->request;
}

bool HttpRequestReader::keep_alive() const {
    return state_->parser->get().keep_alive();
}

void HttpRequestReader::reset() {
    state_->reset();
}

std::string http_response(const HandlerResponse& response, bool keep_alive, io::WallTime now) {
    std::string text;
    constexpr std::size_t kHeadBytes = 320;
    text.reserve(kHeadBytes + response.body.size());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    fmt::format_to(std::back_inserter(text),
                   "HTTP/1.1 {} {}\r\n"
                   "x-amzn-RequestId: {}\r\n"
                   "Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n"
                   "Content-Type: {}\r\n"
                   "Content-Length: {}\r\n"
                   "{}{}\r\n",
                   response.http_status,
                   reason_of(response.http_status),
                   response.request_id,
                   fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                   response.content_type,
                   response.body.size(),
                   response.retry_after
                       ? fmt::format("x-amz-retry-after: {}\r\n", response.retry_after->count())
                       : std::string(),
                   keep_alive ? "" : "Connection: close\r\n");
    text += response.body;
    return text;
}

}  // namespace keyferry::simulator
