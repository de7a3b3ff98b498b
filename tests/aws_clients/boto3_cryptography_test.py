#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests `keyferry simulate` with boto3: cryptographic operations, verified with openssl and
Python's hmac.

    boto3_cryptography_test.py KEYFERRY

Checks every response against KMS's service model: that of the installed botocore or, with
KEYFERRY_KMS_MODEL=FILE, another one (kms service-2.json). Exit code 77 (skipped) if boto3 is not
installed.
"""

import hmac
import os
import subprocess
import sys

sys.dont_write_bytecode = True

from boto3_client import Boto3Test, botocore, run_tests  # noqa: E402
from running_simulator import wrapped  # noqa: E402


class Cryptography(Boto3Test):
    def replicated(self, **parameters):
        key = self.new_key(**parameters)["KeyId"]
        self.kms().replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        return key

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=self.simulator.home, check=False)

    def file(self, name, content):
        (self.simulator.home / name).write_bytes(content)
        return name

    def test_ciphertexts_work_in_both_regions(self):
        key = self.replicated()
        self.state("eu-west-1", key, "Enabled")
        here, there = self.kms(), self.kms("eu-west-1")
        context = {"purpose": "test", "empty": ""}
        sealed = here.encrypt(KeyId=key, Plaintext=b"plain", EncryptionContext=context)["CiphertextBlob"]
        opened = there.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
        self.assertEqual((opened["Plaintext"], opened["KeyId"].split(":")[3]), (b"plain", "eu-west-1"))
        self.refused("InvalidCiphertextException", there.decrypt, CiphertextBlob=sealed)
        here.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
        self.state("eu-west-1", key, "Enabled")
        for kms in (here, there):
            self.assertEqual(kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"],
                             b"plain")
        other = self.new_key()["KeyId"]
        self.refused("IncorrectKeyException", here.decrypt, CiphertextBlob=sealed, KeyId=other)
        again = here.re_encrypt(CiphertextBlob=sealed, SourceEncryptionContext=context,
                                DestinationKeyId=other)
        self.assertEqual(here.decrypt(CiphertextBlob=again["CiphertextBlob"])["Plaintext"], b"plain")
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "AccessDeniedException"):
            there.decrypt(CiphertextBlob=again["CiphertextBlob"])
        self.refused("DryRunOperationException", here.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)
        if self.is_recent and hasattr(here, "get_key_last_usage"):
            self.assertEqual(here.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"], "ReEncrypt")
            self.assertEqual(there.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"], "Decrypt")

    def test_data_keys(self):
        key, kms = self.new_key()["KeyId"], self.kms()
        data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256", GrantTokens=["token"])
        self.assertEqual(kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"],
                         data_key["Plaintext"])
        sealed = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=64)["CiphertextBlob"]
        self.assertEqual(len(kms.decrypt(CiphertextBlob=sealed)["Plaintext"]), 64)
        pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P384")
        self.assertEqual(kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"],
                         pair["PrivateKeyPlaintext"])
        self.openssl("pkey", "-inform", "DER", "-in", self.file("private", pair["PrivateKeyPlaintext"]),
                     "-pubout", "-outform", "DER", "-out", "public")
        self.assertEqual((self.simulator.home / "public").read_bytes(), pair["PublicKey"])
        kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_SECG_P256K1")
        self.assertEqual(len(kms.generate_random(NumberOfBytes=33)["Plaintext"]), 33)

    def verify_with_openssl(self, public_key, signature, options):
        """Whether openssl finds `signature` valid for the message in the file "message"."""
        return self.openssl("dgst", "-verify", self.file("public.pem", public_key), "-signature",
                            self.file("signature", signature), *options, "message").returncode == 0

    def test_signatures(self):
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"]
        self.file("message", b"text")
        for spec, algorithm, options in [
                ("ECC_NIST_P256", "ECDSA_SHA_256", ["-sha256"]),
                ("ECC_NIST_P384", "ECDSA_SHA_384", ["-sha384"]),
                ("ECC_NIST_P521", "ECDSA_SHA_512", ["-sha512"]),
                ("ECC_SECG_P256K1", "ECDSA_SHA_256", ["-sha256"]),
                ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", ["-sha256"]),
                ("RSA_2048", "RSASSA_PSS_SHA_512", ["-sha512", *pss])]:
            with self.subTest(algorithm=algorithm, spec=spec):
                key = self.replicated(KeySpec=spec, KeyUsage="SIGN_VERIFY")
                self.state("eu-west-1", key, "Enabled")
                signature = self.kms().sign(KeyId=key, Message=b"text",
                                            SigningAlgorithm=algorithm)["Signature"]
                der = self.kms("eu-west-1").get_public_key(KeyId=key)["PublicKey"]
                self.openssl("pkey", "-pubin", "-inform", "DER", "-in", self.file("der", der),
                             "-out", "pem")
                pem = (self.simulator.home / "pem").read_bytes()
                self.assertTrue(self.verify_with_openssl(pem, signature, options))
                self.assertFalse(self.verify_with_openssl(pem, signature[:-1] + b"\0\0", options))
                verified = self.kms("eu-west-1").verify(KeyId=key, Message=b"text", Signature=signature,
                                                        SigningAlgorithm=algorithm)
                self.assertTrue(verified["SignatureValid"])
                self.refused("KMSInvalidSignatureException", self.kms().verify, KeyId=key,
                             Message=b"test", Signature=signature, SigningAlgorithm=algorithm)

    def test_rsa_encryption(self):
        key = self.new_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyId"]
        der = self.kms().get_public_key(KeyId=key)["PublicKey"]
        sealed = wrapped(der, b"plain", self.simulator.home)
        opened = self.kms().decrypt(KeyId=key, CiphertextBlob=sealed,
                                    EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        self.assertEqual(opened["Plaintext"], b"plain")

    def test_macs_of_imported_material(self):
        created = self.new_key(Origin="EXTERNAL", KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
        material = os.urandom(48)
        self.import_into("us-east-1", created["KeyId"], material)
        mac = self.kms().generate_mac(KeyId=created["KeyId"], Message=b"text",
                                      MacAlgorithm="HMAC_SHA_384")["Mac"]
        self.assertEqual(mac, hmac.new(material, b"text", "sha384").digest())
        self.assertTrue(self.kms().verify_mac(KeyId=created["KeyId"], Message=b"text", Mac=mac,
                                              MacAlgorithm="HMAC_SHA_384")["MacValid"])
        self.refused("KMSInvalidMacException", self.kms().verify_mac, KeyId=created["KeyId"],
                     Message=b"test", Mac=mac, MacAlgorithm="HMAC_SHA_384")

    def test_key_agreement(self):
        key = self.new_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyId"]
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "own")
        self.openssl("pkey", "-in", "own", "-pubout", "-outform", "DER", "-out", "own.der")
        derived = self.kms().derive_shared_secret(
            KeyId=key, KeyAgreementAlgorithm="ECDH",
            PublicKey=(self.simulator.home / "own.der").read_bytes())
        self.file("peer.der", self.kms().get_public_key(KeyId=key)["PublicKey"])
        self.openssl("pkey", "-pubin", "-inform", "DER", "-in", "peer.der", "-out", "peer")
        self.openssl("pkeyutl", "-derive", "-inkey", "own", "-peerkey", "peer", "-out", "secret")
        self.assertEqual(derived["SharedSecret"], (self.simulator.home / "secret").read_bytes())


if __name__ == "__main__":
    run_tests()
