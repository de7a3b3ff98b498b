// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/kms_route.hpp"

#include "io/aws/profile_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <pwd.h>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

/// The home folder, from the user database if HOME is not set, for example in a system service. The
/// AWS CLI does the same, so both find the same credentials.
const char* home_folder() {
    static const std::string home = [] {
        constexpr std::size_t kBytes = 16'384;
        std::vector<char> buffer(kBytes);
        passwd entry{};
        passwd* found = nullptr;
        const int error = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
        return error == 0 && found != nullptr ? std::string(entry.pw_dir) : std::string();
    }();
    return home.empty() ? nullptr : home.c_str();
}

const char* environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr && std::string_view(name) == "HOME" ? home_folder() : value;
}

/// Value of a variable whose name may be lowercase or uppercase; empty if neither is set. Lowercase
/// takes precedence, as in curl and the AWS CLI.
std::string_view either_case(const char* small, const char* capitals) {
    const auto value = io::variable(environment, small);
    return value ? *value : io::variable(environment, capitals).value_or("");
}

/// Whether the URL is the AWS endpoint of that Region, or a VPC endpoint.
bool is_of_aws(const io::Endpoint& endpoint, const io::Region& region) {
    const io::Partition& partition = region.partition();
    return endpoint.host.ends_with(fmt::format(".{}", partition.dns_suffix)) ||
           endpoint.host.ends_with(fmt::format(".{}", partition.dual_stack_suffix));
}

}  // namespace

io::Environment process_environment() {
    return environment;
}

io::HttpSettings KmsRoute::http() const {
    io::HttpSettings settings;
    settings.ca_file = ca_file;
    settings.proxies = proxies;
    return settings;
}

std::string KmsRoute::custom_origin(const FleetScope& scope) const {
    for (const io::Region& region : scope.regions) {
        const io::Endpoint endpoint = io::regional_endpoint(io::AwsService::kms, region, kms);
        if (!is_of_aws(endpoint, region)) {
            const io::HttpOrigin origin(endpoint.https, endpoint.host, endpoint.port);
            return (origin.tls ? "https://" : "http://") + origin.text();
        }
    }
    return {};
}

bool KmsRoute::has_sts(const FleetScope& scope) const {
    return credentials.sts.custom || custom_origin(scope).empty();
}

std::string KmsRoute::text(const FleetScope& scope) const {
    std::set<std::string> urls;
    const io::ProxyServer* proxy = nullptr;
    for (const io::Region& region : scope.regions) {
        const io::Endpoint endpoint = io::regional_endpoint(io::AwsService::kms, region, kms);
        urls.insert(endpoint.url());
        const io::HttpOrigin origin(endpoint.https, endpoint.host, endpoint.port);
        proxy = proxy == nullptr ? proxies.for_origin(origin) : proxy;
    }
    const std::string via = proxy == nullptr ? "" : " through the proxy " + proxy->text();
    if (urls.empty()) {  // a saved plan may have no keys
        return "no Regions";
    }
    return urls.size() == 1 ? *urls.begin() + via
                            : fmt::format("{} and {} more{}", *urls.begin(), urls.size() - 1, via);
}

io::Region account_region() {
    return io::Region::parse("us-east-1").value();
}

io::Parsed<KmsRoute> find_route(const KmsOptions& options) {
    const io::Parsed<io::ProfileSettings> profile =
        io::ProfileSettings::read(options.profile, environment);
    if (!profile) {
        return profile.error();
    }
    io::Parsed<io::EndpointSettings> kms = io::find_endpoint_settings(
        io::AwsService::kms, options.endpoint_url, *profile, environment);
    io::Parsed<io::CredentialEndpoints> credentials =
        io::find_credential_endpoints(*profile, environment);
    const io::Parsed<io::EndpointSettings> account =
        io::find_endpoint_settings(io::AwsService::account, std::nullopt, *profile, environment);
    if (!kms || !credentials || !account) {
        return !kms ? kms.error() : !credentials ? credentials.error() : account.error();
    }
    io::Parsed<io::ProxySettings> proxies =
        io::ProxySettings::parse(either_case("https_proxy", "HTTPS_PROXY"),
                                 either_case("http_proxy", "HTTP_PROXY"),
                                 either_case("no_proxy", "NO_PROXY"));
    if (!proxies) {
        return proxies.error();
    }
    KmsRoute route;
    route.config = profile->config();
    route.kms = *std::move(kms);
    route.credentials = *std::move(credentials);
    if (account->custom || !route.kms.custom) {
        route.account = io::regional_endpoint(io::AwsService::account, account_region(), *account);
    }
    route.proxies = *std::move(proxies);
    const auto bundle = io::setting(environment, "AWS_CA_BUNDLE", *profile, "ca_bundle");
    route.ca_file = options.ca_bundle ? *options.ca_bundle : bundle ? bundle->text : "";
    return route;
}

}  // namespace keyferry::cli
