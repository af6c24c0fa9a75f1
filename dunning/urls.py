"""Addresses of `dunning`."""

from django.urls import path

from dunning.views import (
    acts,
    ageing,
    as_of,
    calendar,
    evidence,
    letters,
    proposals,
    runs,
    settings,
    statements,
    today,
    what_if,
    why,
)

app_name = "dunning"
urlpatterns = [
    path("", today.Today.as_view(), name="today"),
    path("dunning/runs/", runs.RunList.as_view(), name="runs"),
    path("dunning/runs/<int:pk>/", runs.RunDetail.as_view(), name="run"),
    path("dunning/runs/<int:pk>/approve/", proposals.RunApprove.as_view(), name="approve"),
    path("dunning/runs/<int:pk>/<str:reference>/take-out/", proposals.RunTakeOut.as_view(), name="take_out"),
    path("dunning/runs/<int:pk>/<str:reference>/letter.pdf", proposals.RunLetter.as_view(), name="letter_preview"),
    path("dunning/why/", why.WhyList.as_view(), name="why"),
    path("dunning/why.csv", why.WhyFile.as_view(), name="why_file"),
    path("dunning/settings/", settings.SettingsList.as_view(), name="settings"),
    path("dunning/settings/<slug:slug>/", settings.SettingsOfClient.as_view(), name="settings_of"),
    path("dunning/calendar/", calendar.DunningCalendar.as_view(), name="calendar"),
    path("dunning/as-of/", as_of.DunningAsOf.as_view(), name="as_of"),
    path("dunning/what-if/", what_if.DunningWhatIf.as_view(), name="what_if"),
    path("dunning/ageing/", ageing.AgeingReport.as_view(), name="ageing"),
    path("dunning/ageing.csv", ageing.AgeingFile.as_view(kind="csv"), name="ageing_csv"),
    path("dunning/ageing.xlsx", ageing.AgeingFile.as_view(kind="xlsx"), name="ageing_xlsx"),
    path("dunning/statements/<int:customer>.pdf", statements.CustomerStatement.as_view(kind="pdf"), name="statement"),
    path("dunning/statements/<int:customer>.csv", statements.CustomerStatement.as_view(kind="csv"), name="figures"),
    path("dunning/<str:reference>/evidence.zip", evidence.PurchaseEvidence.as_view(), name="evidence"),
    path("dunning/letters/", letters.Letters.as_view(), name="letters"),
    path("dunning/letters/<slug:slug>/", letters.LettersOfClient.as_view(), name="letters_of"),
    path("dunning/letters/<slug:slug>/<str:step>/<str:language>/", letters.LetterEdit.as_view(), name="letter"),
    path("dunning/<str:reference>/hold/", acts.PurchaseHold.as_view(), name="hold"),
    path("dunning/<str:reference>/resume/", acts.PurchaseResume.as_view(), name="resume"),
    path("dunning/<str:reference>/promise/", acts.PurchasePromise.as_view(), name="promise"),
    path("dunning/<str:reference>/keep-active/", acts.PurchaseKeepActive.as_view(), name="keep_active"),
    path("dunning/<str:reference>/extend/", acts.PurchaseExtend.as_view(), name="extend"),
]
