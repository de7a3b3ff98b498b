// SPDX-License-Identifier: Apache-2.0
// A minimal server for measuring clients: responds to every POST with one fixed KMS response (about
// 1 kB), over HTTP and TLS, with keep-alive. One thread, epoll, no framework.
//
//     fixed_responder --ca-file FILE [--key-state STATE]
//
// Generates a self-signed certificate for 127.0.0.1, writes it to FILE, prints
// {"http":PORT,"https":PORT} on one line when it is ready, and runs until it is killed. "GET
// /count" returns the number of POSTs served so far.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t kReceiveBytes = 16 * 1024;
constexpr int kEventsMax = 256;

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

/// A KMS response of realistic length. `metadata_name` is its only member.
std::string response(std::string_view metadata_name, std::string_view key_state) {
    const std::string arn = "arn:aws:kms:{}:111122223333:key/mrk-1234567890abcdef1234567890abcdef";
    const std::string body = fmt::format(
        R"({{"{}":{{"AWSAccountId":"111122223333","Arn":"{}","CreationDate":1607472987.918,)"
        R"("CustomerMasterKeySpec":"SYMMETRIC_DEFAULT","Description":"","Enabled":false,)"
        R"("EncryptionAlgorithms":["SYMMETRIC_DEFAULT"],)"
        R"("KeyId":"mrk-1234567890abcdef1234567890abcdef","KeyManager":"CUSTOMER",)"
        R"("KeySpec":"SYMMETRIC_DEFAULT","KeyState":"{}","KeyUsage":"ENCRYPT_DECRYPT",)"
        R"("MultiRegion":true,"MultiRegionConfiguration":{{"MultiRegionKeyType":"REPLICA",)"
        R"("PrimaryKey":{{"Arn":"{}","Region":"us-east-1"}},)"
        R"("ReplicaKeys":[{{"Arn":"{}","Region":"eu-west-1"}}]}},"Origin":"AWS_KMS"}},)"
        R"("ReplicaPolicy":"{{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\"}}"}})",
        metadata_name,
        fmt::format(fmt::runtime(arn), "eu-west-1"),
        key_state,
        fmt::format(fmt::runtime(arn), "us-east-1"),
        fmt::format(fmt::runtime(arn), "eu-west-1"));
    return fmt::format(
        "HTTP/1.1 200 OK\r\nx-amzn-RequestId: 01234567-89ab-cdef-0123-456789abcdef\r\n"
        "Cache-Control: no-cache, no-store, must-revalidate, private\r\nExpires: 0\r\n"
        "Pragma: no-cache\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n{}",
        body.size(),
        body);
}

void add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// A TLS context with a new certificate, which is written to `ca_file`. Never freed.
SSL_CTX* tls_context(const std::string& ca_file) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
    X509_NAME* const name = X509_get_subject_name(certificate);
    const unsigned char common_name[] = "keyferry fixed responder";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
    X509_sign(certificate, key, EVP_sha256());

    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    std::FILE* const file = std::fopen(ca_file.c_str(), "w");
    if (file == nullptr || PEM_write_X509(file, certificate) != 1 || std::fclose(file) != 0) {
        fail("writing the CA file");
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

int listener(std::uint16_t& port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(socket, 1024) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        fail("listening");
    }
    port = ntohs(address.sin_port);
    return socket;
}

/// Size of the complete request at the start of `bytes`; 0 while its header is incomplete.
std::size_t request_size(std::string_view bytes) {
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string_view::npos) {
        return 0;
    }
    std::size_t body_size = 0;
    const std::string_view head = bytes.substr(0, head_end);
    std::size_t at = head.rfind("ontent-");  // its position and case depend on the client
    while (at != std::string_view::npos && head.substr(at + 8, 6) != "ength:") {
        at = at == 0 ? std::string_view::npos : head.rfind("ontent-", at - 1);
    }
    if (at != std::string_view::npos) {
        body_size = std::strtoul(head.data() + at + 14, nullptr, 10);
    }
    return head_end + 4 + body_size;
}

class Responder {
  public:
    Responder(SSL_CTX* tls, std::string_view key_state)
        : tls_(tls),
          replicated_(response("ReplicaKeyMetadata", key_state)),
          described_(response("KeyMetadata", key_state)) {}

    void run() {
        std::uint16_t http_port = 0;
        std::uint16_t https_port = 0;
        http_ = listener(http_port);
        https_ = listener(https_port);
        watch(http_, EPOLL_CTL_ADD);
        watch(https_, EPOLL_CTL_ADD);
        fmt::print("{{\"http\":{},\"https\":{}}}\n", http_port, https_port);
        std::fflush(stdout);
        std::array<epoll_event, kEventsMax> events{};
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), kEventsMax, -1);
            for (int i = 0; i < count; ++i) {
                const int socket = events[static_cast<std::size_t>(i)].data.fd;
                if (socket == http_ || socket == https_) {
                    accept_from(socket);
                } else if (!serve(*connections_.at(socket))) {
                    close(socket);
                }
            }
        }
    }

  private:
    struct Connection {
        int socket = -1;
        SSL* tls = nullptr;
        std::string received;
    };

    void watch(int socket, int operation) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = socket;
        if (::epoll_ctl(epoll_, operation, socket, &event) != 0) {
            fail("epoll_ctl");
        }
    }

    void accept_from(int listening) {
        const int socket = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        auto connection = std::make_unique<Connection>();
        connection->socket = socket;
        if (listening == https_) {
            connection->tls = SSL_new(tls_);
            SSL_set_fd(connection->tls, socket);
            SSL_set_accept_state(connection->tls);
        }
        connections_[socket] = std::move(connection);
        watch(socket, EPOLL_CTL_ADD);
    }

    void close(int socket) {
        SSL_free(connections_.at(socket)->tls);
        connections_.erase(socket);
        ::close(socket);
    }

    /// Reads the available bytes and responds to complete requests; returns false if the connection
    /// has ended.
    bool serve(Connection& connection) {
        for (;;) {
            const long count = receive(connection);
            if (count == 0) {
                return false;
            }
            if (count < 0) {
                return true;
            }
            std::size_t size = request_size(connection.received);
            while (size != 0 && connection.received.size() >= size) {
                if (!send(connection, response_to(connection.received))) {
                    return false;
                }
                connection.received.erase(0, size);
                size = request_size(connection.received);
            }
            if (connection.tls == nullptr) {
                return true;
            }
        }
    }

    std::string_view response_to(std::string_view request) {
        if (request.substr(0, 4) == "GET ") {
            const std::string text = std::to_string(answered_);
            counted_ =
                fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", text.size(), text);
            return counted_;
        }
        ++answered_;
        std::string& response = request.find("TrentService.DescribeKey") == std::string_view::npos
                                    ? replicated_
                                    : described_;
        set_key_id(request, response);
        return response;
    }

    /// Writes the request's key ID into the response, because keyferry rejects a replica of another
    /// key.
    static void set_key_id(std::string_view request, std::string& response) {
        constexpr std::size_t kKeyIdBytes = 36;
        const std::size_t key_id_at = request.rfind("mrk-");
        if (key_id_at == std::string_view::npos || request.size() - key_id_at < kKeyIdBytes) {
            return;
        }
        for (std::size_t at = response.find("mrk-"); at != std::string::npos;
             at = response.find("mrk-", at + kKeyIdBytes)) {
            response.replace(at, kKeyIdBytes, request, key_id_at, kKeyIdBytes);
        }
    }

    /// Number of bytes received; 0 at the end of the connection, -1 if no data is available.
    long receive(Connection& connection) {
        std::array<char, kReceiveBytes> space;
        long count = 0;
        if (connection.tls == nullptr) {
            count = ::recv(connection.socket, space.data(), space.size(), 0);
            if (count < 0) {
                return errno == EAGAIN ? -1 : 0;
            }
        } else {
            ERR_clear_error();
            count = SSL_read(connection.tls, space.data(), static_cast<int>(space.size()));
            if (count <= 0) {
                const int error = SSL_get_error(connection.tls, static_cast<int>(count));
                return error == SSL_ERROR_WANT_READ ? -1 : 0;
            }
        }
        connection.received.append(space.data(), static_cast<std::size_t>(count));
        return count;
    }

    /// Responses are much smaller than a socket's buffer: if one does not fit, the connection is
    /// closed.
    static bool send(Connection& connection, std::string_view bytes) {
        const long count =
            connection.tls == nullptr
                ? ::send(connection.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                : SSL_write(connection.tls, bytes.data(), static_cast<int>(bytes.size()));
        return count == static_cast<long>(bytes.size());
    }

    SSL_CTX* tls_;
    std::string replicated_;
    std::string described_;
    std::string counted_;
    std::uint64_t answered_ = 0;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    int http_ = -1;
    int https_ = -1;
    std::map<int, std::unique_ptr<Connection>> connections_;
};

}  // namespace

int main(int argc, char** argv) try {
    std::string ca_file;
    std::string key_state = "Creating";
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        if (option == "--ca-file") {
            ca_file = argv[i + 1];
        } else if (option == "--key-state") {
            key_state = argv[i + 1];
        }
    }
    if (ca_file.empty()) {
        fmt::print(stderr, "usage: fixed_responder --ca-file FILE [--key-state STATE]\n");
        return 3;
    }
    ::signal(SIGPIPE, SIG_IGN);
    Responder(tls_context(ca_file), key_state).run();
} catch (const std::exception& error) {
    fmt::print(stderr, "fixed_responder: {}\n", error.what());
    return 1;
}
