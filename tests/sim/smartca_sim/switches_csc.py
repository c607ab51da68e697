# SPDX-License-Identifier: Apache-2.0
"""The switches of the Cloud Signature Consortium's services and of RSSP; see ../csc.md, ../rssp.md."""

CSC_CHOICES = {
    # info and credentials
    "csc_v2_specs": ["2.0.0.2", "2.1.0.1", "2.2.0.0"],
    "csc_oauth2_uri": ["plain", "slash"],
    "csc_oauth2_form": ["oauth2", "issuer", "servers"],
    "csc_types": ["proper", "strings"],
    "csc_algo_form": ["list", "string"],
    "csc_optional": ["present", "absent", "null"],
    "csc_chain": ["full", "no-root", "signer"],
    # tokens
    "csc_expired_error": ["invalid_token", "expired_token"],
    "csc_refresh": ["rotate", "keep", "none"],
    # permissions
    "csc_app_flow": ["handle", "block"],
    "csc_reject_form": ["400-access_denied", "401-access_denied", "403-access_denied",
                        "400-invalid_authentication_data", "400-invalid_request"],
    "csc_expire_error": ["access_denied", "invalid_request", "invalid_authentication_data"],
    # signatures
    "csc_polling": ["202", "202-empty", "400"],
    "ecdsa_form": ["der", "raw"],
    "csc_descriptions": ["present", "absent"],
    # RSSP
    "rssp_login_hash": ["sha1", "sha256", "any"],
    "rssp_numbers": ["number", "string"],
    "rssp_token_error": ["3005", "3006"],
}

CSC_VALUES = {
    "csc_auth_types": "basic,oauth2code,oauth2client",
    "csc_login_http": 400,
    "csc_token_seconds": 3600.0,
    "csc_refresh_seconds": 7776000.0,
    "csc_code_seconds": 60.0,
    "csc_sad_seconds": 300.0,
    "csc_expires_in": True,
    "csc_block_seconds": 0.0,
    "csc_list_infos": True,
    "csc_page_size": 0,
    "csc_algos": "",
    "csc_hashes": "sha256,sha384,sha512",
    "csc_async_polls": 1,
    "sent_code_seconds": 180.0,
    "rssp_token_seconds": 3600.0,
    "rssp_sad_seconds": 300.0,
    "rssp_signing_counter": 1000,
    "rssp_time_window": 300.0,
}
