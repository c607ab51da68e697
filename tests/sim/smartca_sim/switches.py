# SPDX-License-Identifier: Apache-2.0
"""Switches: every behaviour that the documents leave open or that sources dispute.

One table, so that the README, the control API and the checks cannot disagree. The first value
of a choice is the default; a default of int, bool or str means "any value of that type".
"""
import json

from .switches_csc import CSC_CHOICES, CSC_VALUES
from .words import _

CHOICES = {
    # who confirms
    "auto": ["none", "approve", "reject"],
    "after_tap": ["sign", "fail"],
    # pending, rejected, expired, unknown
    "pending_form": ["null", "absent", "empty", "empty-value", "null-value", "data-null"],
    "reject_form": ["200-400", "http-400", "http-403"],
    "expire_form": ["200-400", "http-400", "never"],
    "unknown_form": ["http-404", "200-404", "200-400"],
    "path_id": ["transaction_id", "both", "tran_code"],
    # sign
    "duplicate_id": ["refuse", "same"],
    "hashes": ["sha256", "by-length"],
    "unknown_fields": ["refuse", "ignore"],
    # what a finished transaction holds
    "result_id": ["echo", "other"],
    "order": ["as-sent", "reversed"],
    "documents": ["all", "missing", "extra", "wrong-id", "twice"],
    "signature": ["good", "other-key", "swapped", "hex-digest", "corrupted", "short", "not-base64"],
    "signature_crlf": ["none", "end", "inside"],
    # v2
    "v2_flow": ["sad", "app", "signed"],
    "v2_non_th": ["refuse", "app"],
    "otp_reuse": ["refuse", "accept"],
    "confirm_repeat": ["same", "refuse"],
    # listing
    "unknown_user": ["message", "empty"],
    "serial_form": ["full", "short", "upper"],
    "cert_status_form": ["text", "number", "code"],
    "root_cert": ["present", "null"],
    # VNPT SmartCA OAuth
    "oauth_grants": ["all", "no-password", "no-code"],
    "oauth_pkce": ["optional", "required", "ignored"],
    "oauth_expires_in": ["number", "string", "absent"],
    "oauth_rotation": ["rotate", "same", "absent"],
    "oauth_reuse": ["refuse", "revoke"],
    "oauth_error_text": ["count", "plain", "null"],
    "oauth_numbers": ["number", "string"],
    "oauth_info_form": ["root", "enveloped"],
    "oauth_sig_field": ["sig", "dataSigned", "both"],
    "key_status": ["enabled", "disabled"],
    # Viettel MySign
    "mysign_numbers": ["string", "number"],
    "mysign_serial": ["decimal", "hex"],
    "mysign_pending_status": ["4000", "0", "6000"],
    "mysign_failed_status": ["4004", "4005", "13004", "50000"],
    "mysign_sync_error": ["http-400", "status"],
    "mysign_message_field": ["message", "description"],
    "mysign_signature_crlf": ["inside", "end", "none"],
    "mysign_expire_form": ["iso", "plain", "epoch", "strange", "absent"],
    "mysign_unasked": ["extend", "authorize"],
    **CSC_CHOICES,
    # envelope and transport
    "status_code_form": ["number", "string", "zero"],
    "message_form": ["as-is", "upper", "lower", "spaced", "null"],
    "error_http": ["same", "200"],
    "error_data": ["null", "absent", "empty"],
    "tls_certificate": ["good", "wrong-host", "expired", "other-ca"],
    "tls_maximum": ["1.3", "1.2"],
}

VALUES = {
    "auto_delay_ms": 0,
    "confirm_seconds": 300.0,
    "pending_http": 200,
    "pending_message": "sig_wait_for_user_confirm",
    "reject_message": "sig_user_rejected",
    "expire_message": "sig_expired",
    "unknown_message": "transaction_not_exist",
    "sign_message": "sig_wait_for_user_confirm",
    "sign_tran_code": True,
    "duplicate_message": "transaction_id already exists",
    "max_documents": 50,
    "signatures_left": -1,
    "otp_code": 1003,
    "otp_window": 0,
    "sad_seconds": 299.0,
    "lock_after": 5,
    "lock_seconds": 300.0,
    "cert_crlf": True,
    "service_type": True,
    "cert_status_code": True,
    "consent": "page",
    "oauth_redirect_uri": "",
    "oauth_code_seconds": 15.0,
    "oauth_token_seconds": 3600.0,
    "oauth_refresh_seconds": 7776000.0,
    "oauth_lock_after": 6,
    "oauth_success_code": 0,
    "oauth_failed_status": 4004,
    "oauth_tran_status": -1,
    "oauth_error_code": 0,
    "oauth_error_path": "signhash$",
    "mysign_duration_seconds": 60.0,
    "mysign_token_seconds": 3600.0,
    "mysign_signing_polls": 0,
    "mysign_status": "",
    "mysign_error_code": "",
    "mysign_error_path": "login$",
    **CSC_VALUES,
    "keep_alive": True,
    "clock_offset": 0.0,
}


class SwitchError(ValueError):
    """An unknown switch or value; str() says which are known."""


def defaults():
    return {**{name: values[0] for name, values in CHOICES.items()}, **VALUES}


def checked(name, value):
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise SwitchError(_("The switch {name} is one of: {values}.").format(name=name, values=", ".join(CHOICES[name])))
        return value
    if name not in VALUES:
        raise SwitchError(_("There is no switch {name}.").format(name=name))
    kind = type(VALUES[name])
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise SwitchError(_("The switch {name} takes a value like {example}.").format(
            name=name, example=json.dumps(VALUES[name])))
    return value


class Switches:
    def __init__(self, **initial):
        self.initial = {name: checked(name, value) for name, value in initial.items()}
        self.reset()

    def reset(self):
        self.values = {**defaults(), **self.initial}

    def set(self, changes):
        """All or nothing."""
        self.values.update({name: checked(name, value) for name, value in changes.items()})

    def __getitem__(self, name):
        return self.values[name]
