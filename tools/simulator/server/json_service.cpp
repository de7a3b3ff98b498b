// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/json_service.hpp"

#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/values/base64.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/wire/kms_json.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::size_t kJsonDepthMax = 16;
constexpr std::string_view kTokenBegin = "page:";

std::string body_of(const JsonServiceError& error) {
    std::string body;
    ObjectText object(body);
    object.text("__type", std::string_view(error.code));
    object.text("Message", std::string_view(error.message));
    if (!error.reason.empty()) {
        object.text("Reason", std::string_view(error.reason));
    }
    object.close();
    return body;
}

}  // namespace

std::string_view JsonCall::text(std::string_view name) const {
    const json::value* value = members.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view{};
}

std::optional<std::int64_t> JsonCall::number(std::string_view name) const {
    const json::value* value = members.if_contains(name);
    return value != nullptr && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

std::optional<HandlerResponse> JsonService::respond(const io::SignableRequest& request,
                                                    const SimulatedTime& time) {
    const std::string_view target = header_of(request, "x-amz-target");
    if (!target.starts_with(target_prefix_)) {
        return std::nullopt;
    }
    return respond_to(target.substr(target_prefix_.size()), request, time);
}

HandlerResponse JsonService::respond_to(std::string_view operation,
                                        const io::SignableRequest& request,
                                        const SimulatedTime& time) {
    constexpr std::size_t kLedgerOperationMax = 64;
    LedgerEntry entry;
    entry.time = time.now;
    entry.wall = time.wall;
    entry.operation = operation.substr(0, kLedgerOperationMax);
    HandlerResponse response;
    const auto finish = [&](int status, std::string_view code, std::string body) {
        response.http_status = status;
        response.body = std::move(body);
        entry.http_status = status;
        entry.code = code;
        response.request_id = kms_.record_other(std::move(entry));
    };
    const auto authenticated = callers_.authenticate(request, service_, time);
    if (const auto* refusal = std::get_if<KmsRefusal>(&authenticated)) {
        std::string body;
        append_body(*refusal, body);
        finish(refusal->http_status, refusal->wire_code, std::move(body));
        return response;
    }
    const auto& caller = std::get<Callers::Caller>(authenticated);
    entry.account = caller.place.account.digits();
    entry.region = caller.place.region.name();
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    json::error_code error;
    const json::value body = json::parse(
        json::string_view(request.body.data(), request.body.size()), error, {}, options);
    if (error || !body.is_object()) {
        finish(kHttpBadRequest,
               "SerializationException",
               body_of(JsonServiceError{"SerializationException", "", ""}));
        return response;
    }
    JsonServiceResult result = serve_(JsonCall{operation, caller.place, body.get_object(), time});
    if (auto* failed = std::get_if<JsonServiceError>(&result)) {
        finish(kHttpBadRequest, failed->code, body_of(*failed));
    } else {
        finish(kHttpOk, "", std::get<std::string>(std::move(result)));
    }
    return response;
}

std::optional<JsonPage> page_at(std::string_view token, const JsonPageRule& rule) {
    // A token contains the number of items before the page, and whether an empty page preceded it.
    std::size_t begin = 0;
    bool follows_empty = false;
    if (!token.empty()) {
        const std::optional<std::string> text = from_base64(token);
        if (!text || !text->starts_with(kTokenBegin) || text->size() < kTokenBegin.size() + 2) {
            return std::nullopt;
        }
        const char* const end = text->data() + text->size() - 1;
        const auto [rest, error] = std::from_chars(text->data() + kTokenBegin.size(), end, begin);
        if (error != std::errc{} || rest != end || begin > rule.items) {
            return std::nullopt;
        }
        follows_empty = *end == 'e';
    }
    const auto token_of = [](std::size_t at, bool is_after_empty) {
        return base64(std::string(kTokenBegin) + std::to_string(at) + (is_after_empty ? 'e' : 'f'));
    };
    if (rule.has_empty_pages && !follows_empty) {
        return JsonPage{begin, begin, token_of(begin, true)};
    }
    const std::size_t end = std::min(begin + rule.page_size, rule.items);
    return JsonPage{begin, end, end < rule.items ? token_of(end, false) : std::string()};
}

}  // namespace keyferry::simulator
