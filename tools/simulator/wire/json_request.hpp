// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/wire/json_members.hpp"
#include "tools/simulator/wire/kms_json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <type_traits>
#include <utility>

namespace keyferry::simulator {

/// Selects the read() overload for a request type.
template <typename Request>
using As = std::type_identity<Request>;

// For .cpp files that define a read() for each of their requests and then instantiate this
// template.
template <typename Request>
[[nodiscard]] DecodedRequest<Request> decode_request(std::string_view body) {
    constexpr std::size_t kBufferBytes = 8192;
    std::array<unsigned char, kBufferBytes> buffer;  // NOLINT: written before it is read
    boost::json::monotonic_resource memory(buffer.data(), buffer.size());
    boost::json::parse_options options;
    options.max_depth = kRequestJsonDepthMax;
    boost::json::error_code error;
    const boost::json::value document = boost::json::parse(body, error, &memory, options);
    if (error) {
        return refusal_serialization("");
    }
    MemberReader members(document);
    Request request = read(members, As<Request>());
    if (auto refusal = members.refusal()) {
        return *std::move(refusal);
    }
    return request;
}

}  // namespace keyferry::simulator
