#include "io/account/list_regions.hpp"

#include "io/aws/sigv4.hpp"
#include "io/aws/timestamps.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <iterator>
#include <utility>
#include <variant>

namespace keyferry {

namespace json = boost::json;

namespace {

constexpr int kOk = 200;
constexpr std::string_view kPath = "/listRegions";
constexpr std::string_view kContentType = "application/json";

/// AWS has some forty Regions, and a page fifty.
constexpr std::int64_t kPageRegions = 50;
constexpr std::size_t kPagesMax = 10;

struct StatusName {
    std::string_view name;
    RegionOptIn status;
};
constexpr std::array kStatusNames{
    StatusName{"ENABLED_BY_DEFAULT", RegionOptIn::enabled},
    StatusName{"ENABLED", RegionOptIn::enabled},
    StatusName{"ENABLING", RegionOptIn::enabling},
    StatusName{"DISABLING", RegionOptIn::disabling},
    StatusName{"DISABLED", RegionOptIn::disabled},
};

std::string body_of_page(const std::string& token) {
    json::object body;
    body["MaxResults"] = kPageRegions;
    if (!token.empty()) {
        body["NextToken"] = token;
    }
    return json::serialize(body);
}

/// A whole signed request.
std::string signed_request(const Endpoint& endpoint,
                           const Credentials& credentials,
                           const Region& region,
                           std::chrono::sys_seconds signed_at,
                           std::string_view body) {
    const std::string date = amz_date(signed_at);
    const std::string host = endpoint.host_header();
    const CredentialScope scope(amz_day(signed_at), region.name(), "account");
    SignableRequest request{"POST", kPath, "", {}, body};
    request.headers = {{"Host", host}, {"Content-Type", kContentType}, {"X-Amz-Date", date}};
    if (credentials.session_token) {
        request.headers.push_back({"X-Amz-Security-Token", credentials.session_token->reveal()});
    }
    const std::string to_sign = string_to_sign(canonical_request(request), date, scope);
    const Secret key = signing_key(credentials.secret_access_key, scope);
    std::string text = fmt::format("POST {} HTTP/1.1\r\n", kPath);
    for (const SignableHeader& header : request.headers) {
        fmt::format_to(std::back_inserter(text), "{}: {}\r\n", header.name, header.value);
    }
    fmt::format_to(std::back_inserter(text),
                   "Authorization: {}\r\nContent-Length: {}\r\n\r\n{}",
                   authorization_header(credentials.access_key_id,
                                        scope,
                                        signed_header_names(request),
                                        signature(key, to_sign)),
                   body.size(),
                   body);
    return text;
}

/// A member that is a text; empty where there is none.
std::string_view text_of(const json::object& object, std::string_view member) {
    const json::value* const value = object.if_contains(member);
    const json::string* const text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

/// Adds a page's Regions to `regions`; the token of the next page, empty behind the last. Nothing
/// for a page that makes no sense.
std::optional<std::string> take_page(std::string_view body, RegionOptIns& regions) {
    json::error_code error;
    const json::value document = json::parse(body, error);
    const json::object* const page = error ? nullptr : document.if_object();
    const json::value* const list = page == nullptr ? nullptr : page->if_contains("Regions");
    if (list == nullptr || !list->is_array()) {
        return std::nullopt;
    }
    for (const json::value& entry : list->get_array()) {
        if (const json::object* const region = entry.if_object()) {
            const std::string_view status = text_of(*region, "RegionOptStatus");
            for (const StatusName& known : kStatusNames) {
                if (known.name == status) {
                    regions.emplace(text_of(*region, "RegionName"), known.status);
                }
            }
        }
    }
    return std::string(text_of(*page, "NextToken"));
}

}  // namespace

boost::asio::awaitable<std::optional<RegionOptIns>> list_regions(
    HttpTarget target,
    Endpoint endpoint,
    std::shared_ptr<const Credentials> credentials,
    Region region,
    std::chrono::sys_seconds signed_at) {
    RegionOptIns regions;
    std::string token;
    for (std::size_t page = 0; page < kPagesMax; ++page) {
        const std::string body = body_of_page(token);
        const std::string request = signed_request(endpoint, *credentials, region, signed_at, body);
        const HttpOutcome outcome = co_await target.exchange(request, Repeat::if_stale);
        const auto* const answer = std::get_if<HttpAnswer>(&outcome);
        if (answer == nullptr || answer->status() != kOk) {
            co_return std::nullopt;
        }
        std::optional<std::string> next = take_page(answer->body(), regions);
        if (!next) {
            co_return std::nullopt;
        }
        if (next->empty()) {
            co_return std::optional<RegionOptIns>(std::move(regions));
        }
        token = *std::move(next);
    }
    co_return std::nullopt;
}

}  // namespace keyferry
