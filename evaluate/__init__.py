"""`make eval`: does the bot state the shop's facts?"""
