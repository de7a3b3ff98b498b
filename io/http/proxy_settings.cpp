// SPDX-License-Identifier: Apache-2.0
#include "io/http/proxy_settings.hpp"

#include "io/names/host_name.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/lower_case.hpp"
#include "io/names/trimmed.hpp"

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace keyferry::io {
namespace {

constexpr std::uint16_t kProxyPort = 80;

bool is_ipv6(const std::string& host) {
    boost::system::error_code not_one;
    boost::asio::ip::make_address_v6(host, not_one);
    return !not_one;
}

bool is_loopback(const std::string& host) {
    boost::system::error_code not_one;
    const auto address = boost::asio::ip::make_address(host, not_one);
    return not_one ? host == "localhost" : address.is_loopback();
}

int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/// Decodes "%40" as "@". Keeps invalid escapes unchanged.
std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_encoded = text[at] == '%' && at + 2 < text.size() &&
                                hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
        if (is_encoded) {
            result += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    std::uint32_t bits = 0;
    std::uint32_t count = 0;
    for (const char byte : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6; count -= 6) {
            result += kDigits[(bits >> (count - 6)) & 63U];
        }
    }
    if (count > 0) {
        result += kDigits[(bits << (6 - count)) & 63U];
    }
    result.append((4 - result.size() % 4) % 4, '=');
    return result;
}

/// Parses "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT" into `into`. Returns an error, or an empty
/// view on success.
std::string_view read_address(std::string_view text, ProxyServer& into) {
    std::string_view port;
    const bool is_bracketed = text.starts_with('[');
    const std::size_t host_end = is_bracketed ? text.find(']') : text.find(':');
    if (is_bracketed && host_end == std::string_view::npos) {
        return "the host is not an IPv6 address in brackets";
    }
    into.host =
        lower_case(text.substr(is_bracketed ? 1 : 0, is_bracketed ? host_end - 1 : host_end));
    if (is_bracketed ? !is_ipv6(into.host) : !is_host_name(into.host)) {
        return is_bracketed ? "the host is not an IPv6 address in brackets"
                            : "the host is not a valid host name";
    }
    into.port = kProxyPort;
    std::string_view rest = host_end == std::string_view::npos
                                ? std::string_view()
                                : text.substr(host_end + (is_bracketed ? 1 : 0));
    if (rest.empty()) {
        return {};
    }
    port = rest.substr(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), into.port);
    if (rest.front() != ':' || error != std::errc() || end != port.data() + port.size() ||
        into.port == 0) {
        return "the port is not a number from 1 to 65535";
    }
    return {};
}

/// Returns nullopt if `value` is empty.
Parsed<std::optional<ProxyServer>> read_proxy(std::string_view variable, std::string_view value) {
    value = trimmed(value);
    if (value.empty()) {
        return std::optional<ProxyServer>();
    }
    std::string_view rest = value;
    const std::size_t scheme_end = rest.find("://");
    if (scheme_end != std::string_view::npos) {
        const std::string scheme = lower_case(rest.substr(0, scheme_end));
        if (scheme != "http") {
            return ParseProblem{
                fmt::format("{}: {} is not supported for proxies; use http:// (connections to AWS "
                            "still use TLS through the proxy)",
                            variable,
                            in_quotes(scheme + "://"))};
        }
        rest = rest.substr(scheme_end + 3);
    }
    ProxyServer proxy;
    const std::size_t at = rest.rfind('@');
    if (at != std::string_view::npos) {
        // Everything before the host is secret and must not appear in messages.
        const std::string_view user = rest.substr(0, at);
        const std::size_t colon = user.find(':');
        const std::string_view password =
            colon == std::string_view::npos ? std::string_view() : user.substr(colon + 1);
        proxy.authorization = "Basic " + base64(percent_decoded(user.substr(0, colon)) + ":" +
                                                percent_decoded(password));
        rest = rest.substr(at + 1);
    }
    rest = rest.substr(0, rest.find('/'));
    if (const std::string_view problem = read_address(rest, proxy); !problem.empty()) {
        return ParseProblem{fmt::format("{}: {} is not a valid proxy: {}; expected HOST:PORT",
                                        variable,
                                        in_quotes(rest),
                                        problem)};
    }
    return std::optional<ProxyServer>(std::move(proxy));
}

/// Whether `name` is `host` or a domain that contains it.
bool covers(std::string_view name, std::string_view host) {
    return host == name || (host.size() > name.size() && host.ends_with(name) &&
                            host[host.size() - name.size() - 1] == '.');
}

}  // namespace

Parsed<ProxySettings> ProxySettings::parse(std::string_view https_proxy,
                                           std::string_view http_proxy,
                                           std::string_view no_proxy) {
    Parsed<std::optional<ProxyServer>> https = read_proxy("HTTPS_PROXY", https_proxy);
    if (!https) {
        return https.error();
    }
    Parsed<std::optional<ProxyServer>> http = read_proxy("HTTP_PROXY", http_proxy);
    if (!http) {
        return http.error();
    }
    ProxySettings settings;
    settings.https_ = std::move(*https);
    settings.http_ = std::move(*http);
    while (!no_proxy.empty()) {
        const std::size_t comma = no_proxy.find(',');
        std::string_view name = trimmed(no_proxy.substr(0, comma));
        while (name.starts_with('.')) {
            name.remove_prefix(1);
        }
        if (!name.empty()) {
            settings.direct_.push_back(lower_case(name));
        }
        no_proxy.remove_prefix(comma == std::string_view::npos ? no_proxy.size() : comma + 1);
    }
    return settings;
}

const ProxyServer* ProxySettings::for_origin(const HttpOrigin& origin) const {
    const std::optional<ProxyServer>& proxy = origin.tls ? https_ : http_;
    if (!proxy || (!origin.tls && !is_loopback(proxy->host))) {
        return nullptr;
    }
    const std::string host = lower_case(origin.host);
    const std::string with_port = lower_case(origin.text());
    const bool is_direct =
        std::any_of(direct_.begin(), direct_.end(), [&](const std::string& name) {
            return name == "*" || covers(name, host) || covers(name, with_port) ||
                   name == "[" + host + "]";
        });
    return is_direct ? nullptr : &*proxy;
}

}  // namespace keyferry::io
