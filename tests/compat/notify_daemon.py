#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the desktop's notifications (org.freedesktop.Notifications 1.2) on the session bus.

notify_daemon.py LOG [no-actions]

Each notice shown, replaced or closed is a JSON line in LOG. SIGUSR1 presses the button of the newest one that has a
button. Notices with a time limit close by themselves, as the specification says.
"""
import json
import signal
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
EXPIRED, DISMISSED, CLOSED = 1, 2, 3


class Desktop(dbus.service.Object):
    def __init__(self, bus, log, capabilities):
        super().__init__(bus, PATH)
        self.log, self.capabilities = log, capabilities
        self.last = 0
        self.shown = {}

    def write(self, event, number, **more):
        with open(self.log, "a", encoding="utf-8") as out:
            print(json.dumps({"event": event, "id": number, "open": len(self.shown), **more}, ensure_ascii=False), file=out)

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, expires):
        number = int(replaces) or self.last + 1
        self.last = max(self.last, number)
        self.shown[number] = actions, object()
        self.write("replaced" if replaces else "shown", number, body=body, buttons=[str(a) for a in actions], expires=int(expires))
        if expires > 0:
            GLib.timeout_add(int(expires), self.expire, number, self.shown[number])
        return dbus.UInt32(number)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        self.close(int(number), CLOSED)

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return dbus.Array(self.capabilities, signature="s")

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return "test", "smartca-pkcs11", "1", "1.2"

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, number, key):
        pass

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, number, reason):
        pass

    def expire(self, number, which):
        if self.shown.get(number) is which:
            self.close(number, EXPIRED)
        return False

    def close(self, number, reason):
        if self.shown.pop(number, None):
            self.write("closed", number, reason=reason)
            self.NotificationClosed(dbus.UInt32(number), dbus.UInt32(reason))

    def press(self):
        number = max(n for n, (actions, _) in self.shown.items() if len(actions) > 0)
        self.write("pressed", number)
        self.ActionInvoked(dbus.UInt32(number), self.shown[number][0][0])
        self.close(number, DISMISSED)
        return True


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    capabilities = ["body"] if "no-actions" in sys.argv[2:] else ["body", "actions"]
    desktop = Desktop(bus, sys.argv[1], capabilities)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, desktop.press)
    desktop.name = dbus.service.BusName(NAME, bus)
    desktop.write("ready", 0)
    GLib.MainLoop().run()


main()
