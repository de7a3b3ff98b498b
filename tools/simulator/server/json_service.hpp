// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator {

/// A request to a service other than KMS that uses AWS's JSON 1.1 protocol.
struct JsonCall {
    std::string_view operation;  ///< "ListAccounts"
    const io::AccountRegion& place;
    const boost::json::object& members;  ///< the body
    SimulatedTime time;

    /// Returns a string member; empty if it is missing or has another type.
    [[nodiscard]] std::string_view text(std::string_view name) const;
    /// Returns an integer member; nullopt if it is missing or has another type.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
};

struct JsonServiceError {
    std::string code;  ///< "TooManyRequestsException"
    std::string message;
    std::string reason;  ///< only for an InvalidInputException of AWS Organizations
};

/// The body of a successful response, or the error.
using JsonServiceResult = std::variant<std::string, JsonServiceError>;

/// Handles requests to one service. Verifies the signature of each request for `service`
/// ("organizations"), parses its body, passes it to `serve`, and records it in the ledger of `kms`.
/// The operation is the value of X-Amz-Target without `target_prefix`
/// ("AWSOrganizationsV20161128.").
class JsonService {
  public:
    using Serve = std::function<JsonServiceResult(const JsonCall&)>;

    JsonService(SimulatedKms& kms,
                Callers& callers,
                std::string_view service,
                std::string_view target_prefix,
                Serve serve)
        : kms_(kms),
          callers_(callers),
          service_(service),
          target_prefix_(target_prefix),
          serve_(std::move(serve)) {}

    /// Returns nullopt if the request is for another service.
    std::optional<HandlerResponse> respond(const io::SignableRequest& request,
                                           const SimulatedTime& time);

  private:
    HandlerResponse respond_to(std::string_view operation,
                               const io::SignableRequest& request,
                               const SimulatedTime& time);

    SimulatedKms& kms_;
    Callers& callers_;
    std::string_view service_;
    std::string_view target_prefix_;
    Serve serve_;
};

/// One page of a list: the items [begin, end), and the token of the next page (empty on the last
/// page).
struct JsonPage {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string next_token;
};

/// How a list of `items` items is divided into pages.
struct JsonPageRule {
    std::size_t items = 0;
    std::size_t page_size = 0;
    bool has_empty_pages = false;  ///< every other page is empty
};

/// Returns the page that starts at `token`, which is empty for the first page. Returns nullopt if
/// no response can contain this token.
[[nodiscard]] std::optional<JsonPage> page_at(std::string_view token, const JsonPageRule& rule);

}  // namespace keyferry::simulator
