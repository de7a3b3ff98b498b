#include "io/sts/sts_endpoint.hpp"

#include <fmt/format.h>

namespace keyferry {

namespace {

constexpr std::uint16_t kHttpsPort = 443;

bool is_true(std::string_view text) {
    return text == "true" || text == "True" || text == "TRUE";
}

}  // namespace

Parsed<std::optional<Endpoint>> configured_endpoint(const char* service_variable,
                                                    const Environment& environment) {
    if (is_true(variable(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or(""))) {
        return std::optional<Endpoint>();
    }
    for (const char* name : {service_variable, "AWS_ENDPOINT_URL"}) {
        const std::optional<std::string_view> url = variable(environment, name);
        if (!url) {
            continue;
        }
        Parsed<Endpoint> endpoint = Endpoint::parse(*url);
        if (!endpoint) {
            return ParseProblem{fmt::format("{}: {}", name, endpoint.error().text)};
        }
        return std::optional<Endpoint>(*std::move(endpoint));
    }
    return std::optional<Endpoint>();
}

Parsed<Endpoint> sts_endpoint(const Region& region, const Environment& environment) {
    Parsed<std::optional<Endpoint>> configured =
        configured_endpoint("AWS_ENDPOINT_URL_STS", environment);
    if (!configured) {
        return configured.error();
    }
    if (*configured) {
        return std::move(**configured);
    }
    return Endpoint(true,
                    fmt::format("sts.{}.{}", region.name(), region.partition().dns_suffix),
                    kHttpsPort,
                    "/");
}

}  // namespace keyferry
