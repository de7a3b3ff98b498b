// SPDX-License-Identifier: Apache-2.0
#include "io/account/list_regions.hpp"

#include "io/aws/signed_post.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstddef>
#include <utility>
#include <variant>

namespace keyferry::io {

namespace json = boost::json;

namespace {

constexpr int kOk = 200;
constexpr std::string_view kPath = "/listRegions";
constexpr std::string_view kContentType = "application/json";

/// AWS has about 40 Regions; a page has up to 50.
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

/// Returns a string member; empty if it is missing.
std::string_view text_of(const json::object& object, std::string_view member) {
    const json::value* const value = object.if_contains(member);
    const json::string* const text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

/// Adds the Regions of a page to `regions`. Returns the token of the next page, which is empty
/// after the last page, or nullopt if the page is invalid.
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
        ServicePost post("account", kPath, kContentType);
        post.body = body;
        const Secret request = signed_post(post, endpoint, region, credentials.get(), signed_at);
        const HttpOutcome outcome = co_await target.exchange(request.reveal(), Repeat::if_stale);
        const auto* const response = std::get_if<HttpResponse>(&outcome);
        if (response == nullptr || response->status() != kOk) {
            co_return std::nullopt;
        }
        std::optional<std::string> next = take_page(response->body(), regions);
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

}  // namespace keyferry::io
